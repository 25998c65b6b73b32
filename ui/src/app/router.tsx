import { createBrowserRouter, type RouteObject } from "react-router";
import { loadCloudscapeMessages } from "./cloudscape-messages.ts";
import { FEATURES } from "./features.ts";
import { NotFound } from "./not-found.tsx";
import { PageError } from "./page-error.tsx";

/** Each page with an error boundary of its own. */
function guarded(routes: readonly RouteObject[]): RouteObject[] {
  return routes.map((route) => ({ ...route, ErrorBoundary: PageError }));
}

/** The addresses of the console. `/app/` holds the pages inside the shell, which is fetched with the first of them. */
export const ROUTES: RouteObject[] = [
  {
    ErrorBoundary: PageError,
    HydrateFallback: () => null,
    children: [
      ...guarded(FEATURES.flatMap((feature) => feature.outside ?? [])),
      {
        path: "app",
        lazy: async () => {
          const [shell] = await Promise.all([import("./shell.tsx"), loadCloudscapeMessages()]);
          return shell;
        },
        children: [...guarded(FEATURES.flatMap((feature) => feature.pages ?? [])), { path: "*", Component: NotFound }],
      },
      { path: "*", Component: NotFound },
    ],
  },
];

export const createRouter = () => createBrowserRouter(ROUTES);
