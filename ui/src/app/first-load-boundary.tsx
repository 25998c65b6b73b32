import { Component, type ReactNode } from "react";
import { appMessages } from "./messages.ts";

interface State {
  isFailed: boolean;
}

/** For what fails before or around the pages, as a chunk that a new release took away. It needs nothing that may fail. */
export class FirstLoadBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { isFailed: false };

  static getDerivedStateFromError(): State {
    return { isFailed: true };
  }

  override componentDidCatch(problem: unknown): void {
    reportError(problem);
  }

  override render(): ReactNode {
    if (!this.state.isFailed) return this.props.children;
    return (
      <main>
        <h1>{appMessages.say("page.failed")}</h1>
        <p>
          <button type="button" onClick={() => location.reload()}>
            {appMessages.say("page.again")}
          </button>
        </p>
      </main>
    );
  }
}
