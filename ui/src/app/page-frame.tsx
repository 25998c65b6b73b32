import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { PageError } from "./page-error.tsx";
import { useSession } from "./session.ts";

interface PageFrameProps {
  needsSignIn: boolean;
  children: ReactNode;
}

/** Around each page: who has to be signed in is asked to, and what fails takes this page down and no other. */
export function PageFrame({ needsSignIn, children }: PageFrameProps) {
  const { reset } = useQueryErrorResetBoundary();
  const { pathname, search } = useLocation();
  const { user, isKnown } = useSession();
  if (needsSignIn && user === null) {
    const next = encodeURIComponent(pathname + search);
    return isKnown ? <Navigate to={`/app/sign-in?next=${next}`} replace /> : null;
  }
  return (
    <PageBoundary key={pathname} onReset={reset}>
      {children}
    </PageBoundary>
  );
}

interface BoundaryProps {
  onReset: () => void;
  children: ReactNode;
}

interface BoundaryState {
  failed: { problem: unknown } | null;
}

class PageBoundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { failed: null };

  static getDerivedStateFromError(problem: unknown): BoundaryState {
    return { failed: { problem } };
  }

  override componentDidCatch(problem: unknown): void {
    reportError(problem);
  }

  readonly #again = () => {
    this.props.onReset();
    this.setState({ failed: null });
  };

  override render(): ReactNode {
    const { failed } = this.state;
    return failed === null ? this.props.children : <PageError problem={failed.problem} onAgain={this.#again} />;
  }
}
