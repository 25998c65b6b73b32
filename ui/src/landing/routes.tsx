import { loadCloudscapeMessages } from "../app/cloudscape-messages.ts";
import type { Feature } from "../app/feature.ts";

export const landing: Feature = {
  outside: [
    { path: "/", lazy: async () => (await Promise.all([import("./landing-page.tsx"), loadCloudscapeMessages()]))[0] },
  ],
};
