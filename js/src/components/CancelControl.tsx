/** The way to stop a call, and plain words about what stopping does. */
import type { CancelAnswer } from "./cancel_requests";
import { Icon } from "./icons";
import "./CancelControl.css";
import { useUniqueId } from "./unique_id";

const UNHEARD = "The kernel is busy and has not heard yet. Stop in the toolbar ends its cell.";

export interface CancelControlProps {
  label: string;
  answer: CancelAnswer | undefined;
  /** Why cancelling does not end it all, e.g. "goes on at Segmind, and will be billed"; "" where it does. */
  limits: string;
  onCancel: () => void;
}

export function CancelControl({ label, answer, limits, onCancel }: CancelControlProps) {
  const noteId = useUniqueId();
  const note = answer === "unheard" ? UNHEARD : limits;
  const asked = answer !== undefined;
  return (
    <div class="ig-cancel">
      <button
        type="button"
        class="ig-button"
        aria-disabled={asked}
        aria-describedby={note ? noteId : undefined}
        title={limits || undefined}
        onClick={asked ? undefined : onCancel}
      >
        {asked ? "Cancelling…" : label}
      </button>
      {note && (
        <span class="ig-cancel__note" id={noteId}>
          {note}
        </span>
      )}
    </div>
  );
}

/** The small cross on one picture of several. */
export function CancelOne({ name, asked, onCancel }: { name: string; asked: boolean; onCancel: () => void }) {
  return (
    <button
      type="button"
      class="ig-button ig-cancel-one"
      aria-label={asked ? `Cancelling ${name}` : `Cancel ${name}`}
      aria-disabled={asked}
      title={asked ? "Cancelling…" : `Cancel ${name}`}
      onClick={asked ? undefined : onCancel}
    >
      <Icon name="cross" />
    </button>
  );
}
