import { ApiProblem, problemOf } from "./problem";
import { serverClock } from "./serverClock";

/** One request to the server. `key` is sent as the Idempotency-Key. */
export interface Call {
  path: string;
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  form?: FormData;
  key?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
  /** What the answer is read as; JSON unless said otherwise. */
  as?: "text";
}

export type Fetcher = (input: string, init: RequestInit) => Promise<Response>;

/** Sends one request and reads its JSON answer; every failure is an ApiProblem. */
export async function send<T>(call: Call, fetcher: Fetcher = fetch): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", ...call.headers };
  if (call.key) headers["idempotency-key"] = call.key;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  const body = call.form ?? (call.body === undefined ? null : JSON.stringify(call.body));
  const signal = AbortSignal.timeout(call.timeoutMs ?? 20_000);
  try {
    const response = await fetcher(call.path, { method: call.method ?? "GET", headers, body, signal });
    serverClock.hear(response.headers.get("date"));
    if (!response.ok) throw await problemOf(response);
    const text = await response.text();
    if (call.as === "text") return text as T;
    return (text ? JSON.parse(text) : undefined) as T;
  } catch (error) {
    if (error instanceof ApiProblem) throw error;
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiProblem(0, late ? "timed_out" : "unreachable", "", true);
  }
}
