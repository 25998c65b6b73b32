import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { onPage } from "../shared/paging.ts";
import { pageOf, type Group, type ItemStatus } from "./groups.ts";

const ITEMS_ON_A_PAGE = 50;
const LOOK_AGAIN_MS = 10_000;

/** The user's groups, newest first. Events tell of those that are shown; new ones are looked for now and then. */
export const groupsQuery = (page: number, { withEnded }: { withEnded: boolean }) =>
  queryOptions({
    queryKey: [...keys.groups, "list", page, withEnded],
    queryFn: ({ signal }) =>
      callForList(
        api.GET("/api/groups", {
          params: { query: { ended: withEnded, ...onPage(page) } },
          signal,
        }),
      ),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: keepPreviousData,
  });

/** One of them. What it costs comes without an event of its own. */
export const groupQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.groups, id],
    queryFn: ({ signal }) => call(api.GET("/api/groups/{group_id}", { params: { path: { group_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.status === "ENDED" ? false : LOOK_AGAIN_MS),
  });

/** A page of its items after one of them, in order, `after` 0 for the first; one more is asked for, to know of a next page. */
export const itemsQuery = (id: string, after: number, statuses: readonly ItemStatus[]) =>
  queryOptions({
    queryKey: [...keys.groups, id, "items", after, statuses],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/groups/{group_id}/items", {
          params: {
            path: { group_id: id },
            query: { after, limit: ITEMS_ON_A_PAGE + 1, ...(statuses.length === 0 ? {} : { status: [...statuses] }) },
          },
          signal,
        }),
      ),
    select: (found) => pageOf(found, ITEMS_ON_A_PAGE),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_AGAIN_MS,
  });

/** A page of the jobs that are its workers, newest first. */
export const workersQuery = (id: string, page: number) =>
  queryOptions({
    queryKey: [...keys.jobList, "group", id, page],
    queryFn: ({ signal }) =>
      callForList(
        api.GET("/api/jobs", {
          params: { query: { group: id, sort: "-createdAt", ...onPage(page) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_AGAIN_MS,
  });

const path = (id: string) => ({ params: { path: { group_id: id } } });

export async function scale(id: string, body: Wire["GroupScale"]): Promise<Group> {
  return (await call(api.PATCH("/api/groups/{group_id}", { ...path(id), body }))).group;
}

export async function drain(id: string): Promise<Group> {
  return (await call(api.POST("/api/groups/{group_id}/drain", path(id)))).group;
}

export async function end(id: string): Promise<Group> {
  return (await call(api.DELETE("/api/groups/{group_id}", path(id)))).group;
}

export function push(id: string, items: Wire["NewItem"][]): Promise<Wire["ItemsPushed"]> {
  return call(api.POST("/api/groups/{group_id}/items", { ...path(id), body: { items } }));
}
