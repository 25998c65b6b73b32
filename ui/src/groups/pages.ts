/** The feature's pages, fetched as one. */
export { Component as GroupPage } from "./group-page.tsx";
export { Component as GroupsPage } from "./groups-page.tsx";
