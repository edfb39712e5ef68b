import { expect, test } from "vitest";
import type { Adjustment, Payment, PaymentStatus } from "../api/types";
import { actionsOf, exceptionWords, historyOf, paymentWords } from "./paymentWords";

const amount = { amount_minor: 30_000, currency: "INR" };

function paymentOf(change: Partial<Payment>): Payment {
  return {
    id: "p",
    user_id: "u",
    merchant_id: "canteen",
    till_id: "canteen-till",
    amount,
    status: "captured",
    captured_minor: 30_000,
    refunded_minor: 0,
    created_at: "2026-03-02T08:00:00Z",
    captured_at: "2026-03-02T08:01:00Z",
    ...change,
  };
}

function refundOf(change: Partial<Adjustment>): Adjustment {
  return {
    id: "r",
    kind: "refund",
    user_id: "u",
    direction: "credit",
    amount: { amount_minor: 10_000, currency: "INR" },
    reason: "Cold soup",
    state: "done",
    requested_by: "person:ann",
    requested_at: "2026-03-02T09:00:00Z",
    ...change,
  };
}

const statuses: PaymentStatus[] = [
  "created",
  "awaiting_confirmation",
  "authorised",
  "captured",
  "expired",
  "cancelled",
  "refused",
  "refunded",
];

const none = { confirm: false, cancel: false, reopen: false, refund: false, dispute: false, decide: false };

test("Every state has words for the payer and for operators, never the code", () => {
  for (const status of statuses)
    for (const reader of ["payer", "operator"] as const) {
      const words = paymentWords(paymentOf({ status }), reader);
      expect(words.label).toMatch(/^[A-Z][^_]*$/);
      expect(words.sentence).toMatch(/\.$/);
    }
});

test("An open objection is said before anything else", () => {
  expect(paymentWords(paymentOf({ dispute: "open", refunded_minor: 100 }), "payer").label).toBe("Objection open");
  expect(paymentWords(paymentOf({ dispute: "lost", status: "refunded" }), "payer").label).toMatch(/accepted/);
  expect(paymentWords(paymentOf({ refunded_minor: 100 }), "payer").label).toBe("Partly refunded");
});

test("The payer says yes or no while it waits, and may open an expired payment again", () => {
  const waiting = actionsOf(paymentOf({ status: "awaiting_confirmation" }), "payer");
  expect(waiting).toMatchObject({ confirm: true, cancel: true, reopen: false, dispute: false });
  const expired = actionsOf(paymentOf({ status: "expired" }), "payer");
  expect(expired).toMatchObject({ confirm: false, cancel: true, reopen: true });
  for (const status of ["cancelled", "refused", "refunded"] as const)
    expect(Object.values(actionsOf(paymentOf({ status }), "payer")).some(Boolean)).toBe(false);
});

test("Money is given back by staff, while any is left and no objection is open or accepted", () => {
  expect(actionsOf(paymentOf({}), "operator").refund).toBe(true);
  expect(actionsOf(paymentOf({}), "till").refund).toBe(true);
  expect(actionsOf(paymentOf({}), "payer").refund).toBe(false);
  expect(actionsOf(paymentOf({ refunded_minor: 30_000 }), "operator").refund).toBe(false);
  expect(actionsOf(paymentOf({ dispute: "won" }), "operator").refund).toBe(true);
  expect(actionsOf(paymentOf({ dispute: "open" }), "operator")).toMatchObject({ refund: false, decide: true });
});

test("An auditor changes nothing, whatever state it is in", () => {
  for (const status of statuses)
    for (const dispute of [null, "open", "won", "lost"] as const)
      expect(Object.values(actionsOf(paymentOf({ status, dispute }), "auditor")).some(Boolean)).toBe(false);
});

test("A cashier gives money back and changes nothing else", () => {
  expect(actionsOf(paymentOf({}), "cashier")).toEqual({ ...none, refund: true });
  for (const status of ["awaiting_confirmation", "authorised", "expired"] as const)
    expect(actionsOf(paymentOf({ status }), "cashier")).toEqual(none);
  expect(actionsOf(paymentOf({ dispute: "open" }), "cashier")).toEqual(none);
});

test("The payer objects once, and only to what was taken", () => {
  expect(actionsOf(paymentOf({}), "payer").dispute).toBe(true);
  expect(actionsOf(paymentOf({ dispute: "won" }), "payer").dispute).toBe(false);
  expect(actionsOf(paymentOf({ status: "authorised" }), "payer").dispute).toBe(false);
});

test("An amount that differs from what was asked for is explained", () => {
  for (const exception of ["late", "partial", "over"] as const)
    expect(exceptionWords(paymentOf({ exception }))).toMatch(/\.$/);
  expect(exceptionWords(paymentOf({}))).toBeNull();
});

test("The history is in the order of time and names who did what", () => {
  const asked = refundOf({ state: "done", decided_by: "person:bea", decided_at: "2026-03-02T10:00:00Z" });
  const act = { seq: 1, at: "2026-03-02T11:00:00Z", who: "person:u", what: "payment_disputed", subject: "p" };
  const moments = historyOf(paymentOf({ dispute: "open", dispute_reason: "Not me" }), [asked], [act]);
  expect(moments.map(({ who }) => who)).toEqual(["station:canteen-till", null, "person:ann", "person:bea", "person:u"]);
  expect(moments[2]?.what).toMatch(/asked for$/);
  expect(moments[3]?.what).toMatch(/given back$/);
  expect(moments[4]?.note).toBe("Not me");
});

test("A refund that one operator does alone is one moment", () => {
  expect(historyOf(paymentOf({}), [refundOf({})], [])).toHaveLength(3);
});
