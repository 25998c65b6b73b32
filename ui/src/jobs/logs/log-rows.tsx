import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type KeyboardEvent } from "react";
import { stretchesOf } from "./ansi.ts";
import type { LogLine } from "./log-buffer.ts";

const LINE_PX = 20;
const BEYOND = 30;
const NEAR_THE_END_PX = 4 * LINE_PX;
const UPWARDS = ["ArrowUp", "PageUp", "Home"];

interface LogRowsProps {
  lines: readonly LogLine[];
  /** Places of the lines that were searched for, and the one to show. */
  places: readonly number[];
  current: number | null;
  isFollowing: boolean;
  onScrolledAway: () => void;
  label: string;
}

/** The lines that are in view, of however many there are. */
export function LogRows({ lines, places, current, isFollowing, onScrolledAway, label }: LogRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const hits = useMemo(() => new Set(places), [places]);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: BEYOND,
  });
  const { scrollToIndex } = rows;
  useEffect(() => {
    if (isFollowing) scrollToIndex(lines.length - 1, { align: "end" });
  }, [isFollowing, lines.length, scrollToIndex]);
  useEffect(() => {
    if (current !== null && !isFollowing) scrollToIndex(current, { align: "center" });
  }, [current, isFollowing, scrollToIndex]);

  const onMoved = () => {
    const { current: element } = box;
    if (element === null || !isFollowing) return;
    const left = element.scrollHeight - element.clientHeight - element.scrollTop;
    if (left > NEAR_THE_END_PX) onScrolledAway();
  };
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (isFollowing && UPWARDS.includes(key)) onScrolledAway();
  };
  return (
    <div
      ref={box}
      className="code code-ground log-box"
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      onWheel={onMoved}
      onTouchMove={onMoved}
      onKeyDown={onKeyDown}
    >
      <div className="log-rows" style={{ blockSize: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          if (line === undefined) return null;
          const mark = index === current ? "log-current" : hits.has(index) ? "log-found" : "";
          return (
            <div
              key={index}
              className={`log-row log-${line.stream} ${mark}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <span className="code-margin log-number">{line.number}</span>
              {stretchesOf(line.text).map((part, place) => (
                <span key={place} className={part.classes}>
                  {part.text}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
