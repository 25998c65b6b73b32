/** Tell the platform of what goes wrong in a page: `reportError` and whatever nobody caught. */
export function tellOfMistakes(): void {
  addEventListener("error", ({ message, error }) => {
    const stack = ((error as Error | null)?.stack ?? "").slice(0, 4000);
    const mistake = { message: message.slice(0, 1000), page: location.pathname.slice(0, 500), stack };
    navigator.sendBeacon("/api/console/mistakes", new Blob([JSON.stringify(mistake)], { type: "application/json" }));
  });
}
