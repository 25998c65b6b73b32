import Alert from "@cloudscape-design/components/alert";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, call, type Wire } from "../api/client.ts";
import { Page } from "../app/page.tsx";
import { began } from "../app/session.ts";
import { useMessages } from "../i18n/messages.ts";
import { walletMessages } from "./messages.ts";

/** A link is good once, however often the page is drawn: one exchange for each token. */
const exchanges = new Map<string, Promise<Wire["WalletConnected"]>>();

function exchange(token: string): Promise<Wire["WalletConnected"]> {
  const running = exchanges.get(token) ?? call(api.POST("/api/wallet/links/exchange", { body: { token } }));
  exchanges.set(token, running);
  return running;
}

let taken = "";

/** The token behind the `#`, taken out of the address at once: it is kept in no history. */
function takeToken(): string {
  if (location.hash !== "") {
    taken = location.hash.slice(1);
    history.replaceState(history.state, "", location.pathname);
  }
  return taken;
}

/** Where a signed-in link leads: it is exchanged for a session, and the console opens. */
export function Component() {
  const say = useMessages(walletMessages);
  const navigate = useNavigate();
  const [token] = useState(takeToken);
  const { data, error } = useQuery({
    queryKey: ["sign-in-link", token],
    queryFn: () => exchange(token),
    retry: false,
    staleTime: Infinity,
  });
  useEffect(() => {
    if (data === undefined) return;
    began(data.user);
    void navigate("/app", { replace: true });
  }, [data, navigate]);
  return (
    <Page title={say("link.title")}>
      {error === null ? <p role="status">{say("link.checking")}</p> : <Alert type="error">{error.message}</Alert>}
    </Page>
  );
}
