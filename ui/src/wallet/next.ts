/** Where to go after signing in: a page of the console's, whatever the address says. */
export function nextPage(wanted: string | null): string {
  return wanted !== null && /^\/app(\/[\w./?=&%-]*)?$/.test(wanted) && !wanted.includes("..") ? wanted : "/app";
}
