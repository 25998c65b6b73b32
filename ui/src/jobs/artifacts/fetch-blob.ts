import { api, call, type Wire } from "../../api/client.ts";

export type Artifact = Wire["Artifact"];

/** A file's content. */
export function fetchBlob({ sha256 }: { sha256: string }): Promise<Blob> {
  return call(api.GET("/api/blobs/{sha256}", { params: { path: { sha256 } }, parseAs: "blob" }));
}
