/** One file or picture as an input: dropped, pasted, chosen, named by its address, or dragged from our own pictures. */
import "../../theme/theme"; // first: the parts below build on it
import type { ComponentChildren, RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { useObjectUrl } from "./object_url";
import { acceptedTypes, fileSize, type Offer, offerOfFiles, offerUrl, type Source } from "./picking";
import { useTransfer } from "./transfer";
import "./MediaInput.css";
import { useUniqueId } from "../unique_id";

export interface MediaValue {
  name: string;
  /** Bytes; 0 where unknown. */
  size: number;
  /** Pixels; 0 where unknown or not a picture. */
  width: number;
  height: number;
  thumb: Blob | null;
  error?: string;
}

export interface MediaInputProps {
  label: string;
  description?: string;
  kind: "image" | "mask" | "file";
  /** As of `input type=file`: types and endings; "" takes any file. */
  accept: string;
  value: MediaValue | null;
  /** How much of it has travelled, 0 to 1; null while nothing does. */
  busy: number | null;
  onPick: (source: Source) => void;
  /** Take the value away, or stop it on its way. */
  onRemove: () => void;
  /** Paint or edit the mask; without it there is no such button. */
  onEdit?: (() => void) | undefined;
  /** Take this picture as the mask; without it there is no such button. */
  onUseMask?: (() => void) | undefined;
  disabled?: boolean;
}

const THINGS = { image: "a picture", mask: "a mask", file: "a file" } as const;

function facts({ size, width, height }: MediaValue): string {
  const parts = [width > 0 && `${width} × ${height} px`, size > 0 && fileSize(size)];
  return parts.filter(Boolean).join(" · ");
}

function Held({ value }: { value: MediaValue }) {
  const thumb = useObjectUrl(value.thumb);
  return (
    <div class="ig-media__held">
      {thumb && (
        <img class="ig-media__thumb" src={thumb} alt={`Thumbnail of ${value.name}`} draggable={false} />
      )}
      <div class="ig-media__words">
        <p class="ig-media__name" title={value.name}>
          {value.name}
        </p>
        <p class="ig-media__facts">{facts(value)}</p>
      </div>
    </div>
  );
}

function Travel({ part, label }: { part: number; label: string }) {
  const percent = Math.round(100 * part);
  return (
    <div
      class="ig-media__travel"
      role="progressbar"
      aria-label={`Sending ${label}`}
      aria-valuenow={percent}
      style={{ "--ig-part": String(part) }}
    >
      Sending, {percent} %
    </div>
  );
}

interface ActProps {
  children: ComponentChildren;
  label: string;
  onClick: (() => void) | undefined;
  disabled: boolean;
}

/** A button where there is something to do, else nothing. */
const Act = ({ label, ...rest }: ActProps) =>
  rest.onClick && <button type="button" class="ig-button ig-media__act" aria-label={label} {...rest} />;

interface ActsProps {
  props: MediaInputProps;
  errorId: string | undefined;
  take: (offer: Offer | null) => void;
}

interface BrowseProps extends ActsProps {
  input: RefObject<HTMLInputElement | null>;
}

function Browse({ props: { label, accept, value, disabled = false }, errorId, input, take }: BrowseProps) {
  return (
    <label class="ig-button ig-media__act ig-media__browse">
      <input
        ref={input}
        class="ig-unseen"
        type="file"
        accept={accept}
        disabled={disabled}
        aria-label={`${value ? "Replace" : "Browse for"} ${label}: ${acceptedTypes(accept)}`}
        aria-invalid={errorId !== undefined}
        aria-describedby={errorId}
        onChange={({ currentTarget }) => {
          take(offerOfFiles(currentTarget.files, accept));
          currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
      <span aria-hidden="true">{value ? "Replace…" : "Browse…"}</span>
    </label>
  );
}

function Acts({ props, onRemove, ...rest }: ActsProps & { onRemove: (() => void) | undefined }) {
  const { label, value, onEdit, onUseMask, disabled = false } = props;
  const browse = useRef<HTMLInputElement>(null);
  const remove = () => {
    onRemove?.();
    browse.current?.focus(); // the button that had it goes
  };
  const [edit, takeAway] = value ? ["Edit mask", "Remove"] : ["Paint mask", "Stop"];
  return (
    <div class="ig-media__acts">
      <Browse props={props} input={browse} {...rest} />
      <Act label={`${edit}, ${label}`} onClick={onEdit} disabled={disabled}>
        {edit}
      </Act>
      <Act label={`Use as mask, ${label}`} onClick={value ? onUseMask : undefined} disabled={disabled}>
        Use as mask
      </Act>
      <Act label={`${takeAway} ${label}`} onClick={onRemove && remove} disabled={disabled}>
        {takeAway}
      </Act>
    </div>
  );
}

/** The address stays in its field until it will do. */
function Address({
  label,
  disabled,
  take,
}: {
  label: string;
  disabled: boolean;
  take: (offer: Offer) => void;
}) {
  const [url, setUrl] = useState("");
  const use = () => take(offerUrl(url));
  return (
    <div class="ig-media__url">
      <input
        class="ig-media__address"
        type="url"
        aria-label={`Address of ${label}`}
        placeholder="or https://…"
        value={url}
        disabled={disabled}
        onInput={({ currentTarget }) => setUrl(currentTarget.value)}
        onKeyDown={({ key }) => {
          if (key === "Enter") use();
        }}
      />
      <Act label={`Use the address for ${label}`} onClick={url ? use : undefined} disabled={disabled}>
        Use
      </Act>
    </div>
  );
}

export function MediaInput(props: MediaInputProps) {
  const { label, description, kind, accept, value, busy, onPick, onRemove, disabled = false } = props;
  const id = useUniqueId();
  const [refusal, setRefusal] = useState("");
  const take = (offer: Offer | null) => {
    if (offer === null) return;
    if ("source" in offer) onPick(offer.source);
    setRefusal("source" in offer ? "" : offer.reason);
  };
  const { hint, on } = useTransfer(accept, take);
  const error = refusal || value?.error || "";
  const empty = value === null && busy === null;
  const remove = () => {
    setRefusal("");
    onRemove();
  };
  const states = [hint?.state, error && "ig-is-wrong", disabled && "ig-is-disabled"];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out freely in every browser.
    <div
      role="group"
      class={["ig-media", ...states].filter(Boolean).join(" ")}
      aria-labelledby={`${id}-label`}
      aria-describedby={description ? `${id}-about` : undefined}
      {...(disabled ? {} : on)}
    >
      <p class="ig-media__label" id={`${id}-label`}>
        {label}
      </p>
      {description && (
        <p class="ig-media__about" id={`${id}-about`}>
          {description}
        </p>
      )}
      <div class="ig-media__box">
        {value && <Held value={value} />}
        {empty && <p class="ig-media__hint">Drop or paste {THINGS[kind]} here</p>}
        {busy !== null && <Travel part={busy} label={label} />}
        <Acts
          props={props}
          errorId={error ? `${id}-error` : undefined}
          take={take}
          onRemove={empty ? undefined : remove}
        />
        {empty && <Address label={label} disabled={disabled} take={take} />}
        {hint && (
          <p class="ig-media__drop" aria-hidden="true">
            {hint.words}
          </p>
        )}
      </div>
      <p class="ig-media__error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </div>
  );
}
