import { queryOptions } from "@tanstack/react-query";
import { api, call, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";

export type ApiKey = Wire["ApiKey"];
export type WalletSession = Wire["WalletSession"];

export const apiKeysQuery = queryOptions({
  queryKey: keys.apiKeys,
  queryFn: ({ signal }) => call(api.GET("/api/users/me/keys", { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => call(api.GET("/api/users/me/sessions", { signal })),
});

export function createKey(body: Wire["ApiKeyCreate"]): Promise<Wire["NewApiKey"]> {
  return call(api.POST("/api/users/me/keys", { body }));
}

export function revokeKey(id: string): Promise<ApiKey> {
  return call(api.DELETE("/api/users/me/keys/{key_id}", { params: { path: { key_id: id } } }));
}

export function endSession(id: string): Promise<WalletSession> {
  return call(api.DELETE("/api/users/me/sessions/{session_id}", { params: { path: { session_id: id } } }));
}
