import "./marketplace.css";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { hasPage } from "../app/features.ts";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatNumber, formatTime } from "../shared/format.ts";
import { marketplaceMessages } from "./messages.ts";
import { benchmarkShare, type Availability, type MarketRow } from "./offers.ts";

const INDICATORS: Record<Availability, StatusIndicatorProps.Type> = {
  free: "success",
  busy: "pending",
  paused: "stopped",
  leaving: "stopped",
  offline: "error",
};

/** Whether it can be rented now; if it is busy, until when at the latest. */
export function AvailabilityCell({ row }: { row: MarketRow }) {
  const say = useMessages(marketplaceMessages);
  const { freeGpus, gpuCount, busyUntil } = row.offer;
  const free =
    freeGpus === gpuCount
      ? say("free.all", { count: Math.max(freeGpus, 1) })
      : say("free.part", { free: freeGpus, all: gpuCount });
  return (
    <>
      <StatusIndicator type={INDICATORS[row.availability]}>
        {row.availability === "free" ? free : say(`availability.${row.availability}`)}
      </StatusIndicator>
      {row.availability === "busy" && busyUntil != null && (
        <Box variant="small" display="block">
          {say("busy.until", { time: formatTime(busyUntil) })}
        </Box>
      )}
    </>
  );
}

/** The machine's own benchmark, as a bar beside the market's best. */
export function BenchmarkCell({ row, best }: { row: MarketRow; best: number }) {
  const say = useMessages(marketplaceMessages);
  if (row.tflops === 0) return <Box color="text-status-inactive">{say("benchmark.none")}</Box>;
  return (
    <div className="benchmark">
      <span>{say("benchmark.value", { value: formatNumber(row.tflops, row.tflops < 1 ? 3 : 1) })}</span>
      <span className="benchmark-track" aria-hidden="true">
        <span className="benchmark-bar" style={{ inlineSize: `${benchmarkShare(row.tflops, best) * 100}%` }} />
      </span>
    </div>
  );
}

/** Member or guest, and what its hardware is worth believing. */
export function OperatorCell({ row }: { row: MarketRow }) {
  const say = useMessages(marketplaceMessages);
  return (
    <span className="badges">
      <Badge color={row.trust === "member" ? "blue" : "grey"}>{say(`trust.${row.trust}`)}</Badge>
      {row.hardware !== "verified" && <Badge>{say(`hardware.${row.hardware}`)}</Badge>}
    </span>
  );
}

/** Whether offers can be rented from here at all. */
export const CAN_RENT = hasPage("rent/:gpuId");

export function RentButton({ row }: { row: MarketRow }) {
  const say = useMessages(marketplaceMessages);
  const follow = useFollow();
  return (
    <Button
      variant="inline-link"
      wrapText={false}
      href={`/app/rent/${row.id}`}
      onFollow={follow}
      ariaLabel={say("rent.label", { model: row.model, machine: row.machine })}
      disabled={row.availability !== "free"}
    >
      {say("rent")}
    </Button>
  );
}
