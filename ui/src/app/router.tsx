import { lazy, Suspense } from "react";
import { BrowserRouter, Navigate, Outlet, Route, Routes, useLocation } from "react-router";
import { loadCloudscapeMessages } from "./cloudscape-messages.ts";
import { FirstLoadBoundary } from "./first-load-boundary.tsx";
import type { PageRoute } from "./feature.ts";
import { FEATURES } from "./features.ts";

/** Parts of every page below `/app/`, fetched with the first of them. */
const Shell = lazy(async () => {
  const [shell] = await Promise.all([import("./shell.tsx"), loadCloudscapeMessages()]);
  return { default: shell.Shell };
});
const PageFrame = lazy(async () => ({ default: (await import("./page-frame.tsx")).PageFrame }));
const NotFound = lazy(async () => ({ default: (await import("./not-found.tsx")).NotFound }));

/** Each page with its module, which React fetches when it is first drawn. */
const prepared = (routes: readonly PageRoute[]) =>
  routes.map((route) => ({ ...route, Page: lazy(async () => ({ default: (await route.lazy()).Component })) }));

const PAGES = prepared(FEATURES.flatMap((feature) => feature.pages ?? []));
const OUTSIDE = prepared(FEATURES.flatMap((feature) => feature.outside ?? []));

/** The addresses of the console. */
export function Router() {
  return (
    <FirstLoadBoundary>
      <BrowserRouter>
        <Suspense fallback={null}>
          <Routes>
            {OUTSIDE.map(({ path, Page }) => (
              <Route key={path} path={path} element={<Page />} />
            ))}
            <Route path="app" element={<Framed />}>
              <Route index element={<Navigate to="marketplace" replace />} />
              {PAGES.map(({ path, Page, needsSignIn = false }) => (
                <Route
                  key={path}
                  path={path}
                  element={
                    <PageFrame needsSignIn={needsSignIn}>
                      <Page />
                    </PageFrame>
                  }
                />
              ))}
              <Route path="*" element={<NotFound />} />
            </Route>
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </BrowserRouter>
    </FirstLoadBoundary>
  );
}

/** The shell stays as it is from page to page, while each page is drawn anew for its own address. */
function Framed() {
  const { pathname } = useLocation();
  return (
    <Shell>
      <Suspense key={pathname} fallback={null}>
        <Outlet />
      </Suspense>
    </Shell>
  );
}
