import { expect, test } from "vitest";
import type { NavigationLink } from "./feature.ts";
import { activeLink } from "./side-bar.tsx";

const link = (href: NavigationLink["href"]): NavigationLink => ({
  category: "compute",
  href,
  text: "nav.marketplace",
  needsSignIn: false,
});

test("a page belongs to the link with the longest address that its own begins with", () => {
  const links = [link("/app/jobs"), link("/app/jobs/submit")];
  expect(activeLink(links, "/app/jobs/submit")).toBe("/app/jobs/submit");
  expect(activeLink(links, "/app/jobs/7/monitor")).toBe("/app/jobs");
  expect(activeLink(links, "/app/jobsearch")).toBe("");
});
