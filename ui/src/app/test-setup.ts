/** What jsdom lacks and every module may ask for when it is loaded. */
Object.defineProperty(globalThis, "matchMedia", {
  value: (media: string) => Object.assign(new EventTarget(), { media, matches: false }),
});
