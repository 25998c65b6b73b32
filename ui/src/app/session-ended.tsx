import { lazy, Suspense } from "react";
import { useMessages } from "../i18n/messages.ts";
import { appMessages } from "./messages.ts";
import { useHasEnded } from "./session.ts";

const SignInAgain = lazy(async () => ({ default: (await import("../wallet/sign-in-again.tsx")).SignInAgain }));

/** Once a session has ended: over the page, which keeps what was typed on it, the ways to sign in again. */
export function SessionEnded() {
  const say = useMessages(appMessages);
  if (!useHasEnded()) return null;
  return (
    <Suspense fallback={null}>
      <SignInAgain title={say("session.ended")} hint={say("session.ended.hint")} />
    </Suspense>
  );
}
