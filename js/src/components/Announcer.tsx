/** Tells those who listen how a call goes: each turn at once, mere progress now and then. */
import { useEffect, useRef, useState } from "preact/hooks";

export const ANNOUNCE_EVERY_MS = 10_000;

export interface AnnouncerProps {
  text: string;
  /** A change of this is said at once. */
  turn: string;
}

export function Announcer({ text, turn }: AnnouncerProps) {
  const [said, say] = useState("");
  const lately = useRef({ turn: "", at: Number.NEGATIVE_INFINITY });
  useEffect(() => {
    const wait = lately.current.turn === turn ? lately.current.at + ANNOUNCE_EVERY_MS - performance.now() : 0;
    const timer = setTimeout(() => {
      lately.current = { turn, at: performance.now() };
      say(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, turn]);
  return (
    <p class="ig-unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
