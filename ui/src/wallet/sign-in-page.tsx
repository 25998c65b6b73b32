import { Navigate, useNavigate, useSearchParams } from "react-router";
import { Page } from "../app/page.tsx";
import { useSession } from "../app/session.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { walletMessages } from "./messages.ts";
import { nextPage } from "./next.ts";
import { SignInPanel } from "./sign-in-panel.tsx";

/** Signing in; afterwards the page is opened that asked for it. */
export function Component() {
  const say = useMessages(walletMessages);
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const { user } = useSession();
  const next = nextPage(search.get("next"));
  if (user !== null) return <Navigate to={next} replace />;
  return (
    <Page title={say("title")} description={say("description")}>
      <SignInPanel
        onSignedIn={() => {
          toasts.success(say("signed.in"));
          void navigate(next, { replace: true });
        }}
      />
    </Page>
  );
}
