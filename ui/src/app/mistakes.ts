/** A notice of the browser's, not a mistake: what was observed changed again while it was drawn, and is drawn next time. */
const NOTICE = "ResizeObserver loop ";

/** Tell the platform of what goes wrong in a page: `reportError`, and whatever nobody caught, promises too. */
export function tellOfMistakes(): void {
  addEventListener("error", ({ message, error }) => {
    if (!message.startsWith(NOTICE)) tell(message, error);
  });
  addEventListener("unhandledrejection", ({ reason }) => tell(String(reason), reason));
}

function tell(message: string, cause: unknown): void {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  const mistake = {
    message: (message === "" ? "without a message" : message).slice(0, 1000),
    page: location.pathname.slice(0, 500),
    stack: stack.slice(0, 4000),
  };
  navigator.sendBeacon("/api/console/mistakes", new Blob([JSON.stringify(mistake)], { type: "application/json" }));
}
