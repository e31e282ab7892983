/** Saying something until the kernel has heard it. */
import { atEnd } from "./life";

/**
 * When to say it again, in ms after the time before. JupyterLab opens a way around a busy cell for each widget, but what
 * is sent before that way is open waits for the cell's end.
 */
const AGAIN_MS = [250, 500, 1000, 2000, 4000] as const;

export interface Insisting<Message> {
  /** Say it now, in place of what was said before, and again until it is heard. */
  say(message: Message): void;
  /** Say the last message once more, and again until it is heard. */
  again(): void;
  heard(): void;
}

export function insist<Message>(send: (message: Message) => void, life: AbortSignal): Insisting<Message> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = () => {};
  const heard = () => clearTimeout(timer);
  const repeat = (message: Message, times: number) => {
    const wait = AGAIN_MS[times];
    if (wait !== undefined && !life.aborted) timer = setTimeout(() => repeat(message, times + 1), wait);
    send(message);
  };
  atEnd(life, heard);
  return {
    heard,
    again: () => again(),
    say(message) {
      again = () => {
        heard();
        repeat(message, 0);
      };
      again();
    },
  };
}
