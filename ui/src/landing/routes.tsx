import { redirect } from "react-router";
import type { Feature } from "../app/feature.ts";

export const landing: Feature = {
  outside: [{ index: true, loader: () => redirect("/app/marketplace") }],
};
