import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { StationApi } from "../../shared/api/server";
import type { PumpNozzle } from "../../shared/fuel/types";
import type { Credentials } from "../credentials";
import { type KeptMessage, type PumpAnswer, PumpLine, type PumpMessage } from "./PumpLine";
import {
  amountOf,
  type Delivery,
  type DeliveryAnswer,
  type Filled,
  type LiftAnswer,
  PumpMemory,
  priceOf,
  roomOf,
} from "./PumpState";

/** What happened on the line, the latest first. */
export interface LineEntry {
  id: number;
  at: number;
  text: string;
  tone: "plain" | "good" | "bad";
}

/** What goes wrong with the next delivery. */
export interface Faults {
  twice: boolean;
  wrongAmount: boolean;
  backwards: boolean;
}

const entriesMax = 30;
const meterEveryMs = 1_000;

/** A pump as a device: its nozzles, its meter, its line to the server, and what may go wrong on it. */
export function usePump(credentials: Credentials) {
  const { station_id: pump, station_key: stationKey } = credentials;
  const station = useMemo(() => new StationApi(pump, stationKey), [pump, stationKey]);
  const memory = useMemo(() => new PumpMemory(localStorage, pump), [pump]);
  const self = useQuery({ queryKey: ["pump", pump], queryFn: station.pump, refetchInterval: 60_000 });
  const [delivery, setDelivery] = useState<Delivery | null>(() => memory.delivery);
  const [filled, setFilled] = useState<Filled | null>(null);
  const [said, setSaid] = useState<{ text: string; tone: LineEntry["tone"] } | null>(null);
  const [waiting, setWaiting] = useState<readonly KeptMessage[]>([]);
  const [entries, setEntries] = useState<LineEntry[]>([]);
  const count = useRef(0);
  const now = useRef(delivery);

  const keep = useCallback(
    (next: Delivery | null) => {
      now.current = next;
      memory.delivery = next;
      setDelivery(next);
    },
    [memory],
  );
  const note = useCallback((text: string, tone: LineEntry["tone"] = "plain") => {
    count.current += 1;
    setEntries((before) => [{ id: count.current, at: Date.now(), text, tone }, ...before].slice(0, entriesMax));
  }, []);

  const hear = useCallback(
    (message: KeptMessage, answer: PumpAnswer | null, problem: { status: number; code: string } | null) => {
      const { type, seq } = message.body;
      if (problem) {
        note(`${type}: ${problem.status} ${problem.code}`, "bad");
        if (type === "nozzle_lifted" && now.current?.seq === seq)
          setSaid({ text: "This nozzle gives nothing. Hang it up and try again.", tone: "bad" });
        return;
      }
      if (type === "nozzle_lifted") {
        const lift = answer as unknown as LiftAnswer;
        note(`${type}: ${lift.reason}`, lift.authorised ? "good" : "bad");
        if (now.current?.seq !== seq || now.current.backwards) return;
        keep({ ...now.current, lift });
        setSaid({ text: lift.text, tone: lift.authorised ? "good" : "bad" });
      } else if (type === "delivered") {
        const done = answer as unknown as DeliveryAnswer;
        note(`${type}: ${deliveredWords(done)}`, done.quarantined ? "bad" : "good");
        if (!now.current) setSaid({ text: thanks(done), tone: done.quarantined ? "bad" : "good" });
      } else note(`${type}: heard`, "good");
    },
    [keep, note],
  );

  const line = useMemo(
    () =>
      new PumpLine({
        storage: localStorage,
        pump,
        send: station.pumpEvent,
        onAnswer: hear,
        onWaiting: setWaiting,
      }),
    [pump, station, hear],
  );
  useEffect(() => {
    line.start();
    return () => line.stop();
  }, [line]);

  const lift = (nozzle: PumpNozzle, faults: Faults) => {
    const seq = memory.nextSeq();
    setFilled(null);
    keep({ seq, nozzle, thousandths: 0, lift: null, backwards: faults.backwards });
    setSaid({ text: faults.backwards ? "The pump tells its end first." : "Please wait.", tone: "plain" });
    if (!faults.backwards) line.say({ type: "nozzle_lifted", seq, nozzle: nozzle.number });
  };

  /** Fuel flows, as far as the pump may give it; the meter is told once a second, and not missed when that is lost. */
  const told = useRef(0);
  const tell = useCallback(
    (delivery: Delivery) => {
      told.current = Date.now();
      const message = messageOf("pouring", delivery, amountOf(delivery.thousandths, priceOf(delivery)));
      station
        .pumpEvent(null, message)
        .then((answer) => {
          const before = now.current;
          const most = answer.max_volume_thousandths;
          if (before?.seq !== delivery.seq || !before.lift || typeof most !== "number") return;
          if (most > (before.lift.max_volume_thousandths ?? 0))
            keep({ ...before, lift: { ...before.lift, max_volume_thousandths: most } });
        })
        .catch(() => {});
    },
    [keep, station],
  );
  // A charger goes on telling its meter, at its limit too: the limit may be raised.
  const charging = delivery?.lift?.authorised === true && delivery.lift.unit === "kilowatt_hour";
  useEffect(() => {
    if (!charging) return;
    const timer = setInterval(() => {
      if (now.current && !line.cut && !now.current.backwards) tell(now.current);
    }, meterEveryMs);
    return () => clearInterval(timer);
  }, [charging, line, tell]);
  const pour = useCallback(
    (thousandths: number) => {
      const before = now.current;
      if (!before) return;
      const flowing = Math.min(thousandths, roomOf(before));
      if (flowing <= 0) return;
      const after = { ...before, thousandths: before.thousandths + flowing };
      keep(after);
      if (line.cut || after.backwards || Date.now() - told.current < meterEveryMs) return;
      tell(after);
    },
    [keep, line, tell],
  );

  const hangUp = (faults: Faults) => {
    const ended = now.current;
    if (!ended) return;
    keep(null);
    setSaid(null);
    // A nozzle that was refused gave nothing; hanging it up is not worth a message.
    if (!ended.backwards && !ended.lift?.authorised && ended.lift) return;
    const amountMinor = amountOf(ended.thousandths, priceOf(ended));
    setFilled({ nozzle: ended.nozzle, thousandths: ended.thousandths, amountMinor });
    const end = messageOf("delivered", ended, amountMinor + (faults.wrongAmount ? 500 : 0));
    if (ended.backwards) line.say(end, { type: "nozzle_lifted", seq: ended.seq, nozzle: ended.nozzle.number });
    else line.say(end);
    if (!faults.twice) return;
    const kept = line.waiting.find((one) => one.body.type === "delivered" && one.body.seq === ended.seq);
    if (!kept) return;
    line.repeat(kept, true);
    line.repeat(kept, false);
  };

  return { station, self, delivery, filled, said, waiting, entries, line, note, lift, pour, hangUp };
}

export type PumpDevice = ReturnType<typeof usePump>;

const messageOf = (type: PumpMessage["type"], delivery: Delivery, amountMinor: number): PumpMessage => ({
  type,
  seq: delivery.seq,
  nozzle: delivery.nozzle.number,
  volume_thousandths: delivery.thousandths,
  amount_minor: amountMinor,
});

const deliveredWords = (done: DeliveryAnswer) =>
  done.quarantined ? "people look at it, nothing is charged" : done.session_id ? "taken" : "nothing was delivered";

const thanks = (done: DeliveryAnswer) =>
  done.quarantined
    ? "Please ask in the shop."
    : done.session_id
      ? "Thank you. Drive safely."
      : "Nothing was delivered.";
