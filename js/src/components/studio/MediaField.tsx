/** Pictures and files as inputs: one, or a list of them. */
import { useSignal } from "@preact/signals";
import type { Json } from "../../contract/studio";
import { MediaInput, type MediaValue } from "../inputs/MediaInput";
import type { Source } from "../inputs/picking";
import type { Bench } from "./bench";
import { type ControlProps, problemAt, Resets } from "./Field";
import { MaskDialog } from "./MaskDialog";
import { isMedium } from "./values";

const THUMB_PX = 160;
const ACCEPT = { image: "image/*", mask: "image/*", file: "" } as const;
type Kind = keyof typeof ACCEPT;

const kindOf = (kind: string): Kind => (kind === "image" || kind === "mask" ? kind : "file");

function mediaValue(bench: Bench, held: Json | undefined): MediaValue | null {
  if (!isMedium(held)) return null;
  const thumb =
    held.key && held.type.startsWith("image/") ? bench.pictureOf(held.key, THUMB_PX).value.blob : null;
  const { name, size, width, height, problem } = held;
  return { name: held.url || name || "a file", size, width, height, thumb, error: problem };
}

/** The key of the picture that a mask is for: the first that is given as an input, "" where there is none here. */
function pictureFor(bench: Bench): string {
  for (const { name, kind } of bench.controls.value) {
    const held = bench.values.value[name];
    if (kind === "image" && isMedium(held) && !held.problem) return held.key;
  }
  return "";
}

/** What takes a picture, which this form holds, as the mask; none where the model has none, or the picture is one. */
function masking(bench: Bench, kind: Kind, held: Json | undefined): (() => void) | undefined {
  const mask = bench.controls.value.find((control) => control.kind === "mask" && control.look === "media");
  if (kind !== "image" || mask === undefined || !isMedium(held) || held.problem) return undefined;
  const { key, url } = held;
  return () => bench.use(mask.name, 0, key ? { key } : { url });
}

interface OneProps extends ControlProps {
  label: string;
  kind: Kind;
  index: number;
  held: Json | undefined;
  onRemove: () => void;
}

function One({ control, bench, attempted, label, kind, index, held, onRemove }: OneProps) {
  const value = mediaValue(bench, held);
  const part = bench.uploads.value[`${control.name}/${index}`] ?? null;
  const pick = (source: Source) => {
    if (source instanceof Blob) bench.upload(control.name, index, source);
    else if ("url" in source) bench.use(control.name, index, { url: source.url });
    else bench.use(control.name, index, { key: source.ref });
  };
  const problem = index === 0 ? problemAt({ control, bench, attempted }) : "";
  const painting = useSignal(false);
  const picture = kind === "mask" ? pictureFor(bench) : "";
  const shownMask = isMedium(held) && !held.problem ? held.key : "";
  return (
    <>
      <MediaInput
        label={label}
        description=""
        kind={kind}
        accept={ACCEPT[kind]}
        value={value && { ...value, error: value.error || problem }}
        busy={part}
        onPick={pick}
        onRemove={() => {
          bench.stopUpload(control.name, index);
          onRemove();
        }}
        onEdit={
          picture
            ? () => {
                painting.value = true;
              }
            : undefined
        }
        onUseMask={masking(bench, kind, held)}
      />
      {painting.value && (
        <MaskDialog
          bench={bench}
          picture={picture}
          mask={shownMask}
          onDone={(mask) =>
            bench.upload(control.name, index, new File([mask], "mask.png", { type: "image/png" }))
          }
          onClose={() => {
            painting.value = false;
          }}
        />
      )}
    </>
  );
}

export function MediaField(props: ControlProps) {
  const { control, bench } = props;
  const held = bench.values.value[control.name];
  const many = control.look === "list";
  const list = many ? (Array.isArray(held) ? held : []) : [];
  const problem = problemAt(props);
  const kind = kindOf(control.item?.kind ?? control.kind);
  const title = `${control.title}${control.required ? " *" : ""}`;
  return (
    <div class="ig-field ig-field-media" data-param={control.name} title={control.description || undefined}>
      {many ? (
        <>
          {list.map((entry, index) => (
            <One
              key={index}
              {...props}
              label={`${control.title} ${index + 1}`}
              kind={kind}
              index={index}
              held={entry}
              onRemove={() => {
                const rest = list.filter((_, other) => other !== index);
                bench.change({ [control.name]: rest.length > 0 ? rest : null });
              }}
            />
          ))}
          <One
            key={`new ${list.length}`}
            {...props}
            label={list.length > 0 ? `${control.title}: one more` : title}
            kind={kind}
            index={list.length}
            held={undefined}
            onRemove={() => {}}
          />
          <Resets controls={[control]} bench={bench} />
        </>
      ) : (
        <One
          {...props}
          label={title}
          kind={kind}
          index={0}
          held={held}
          onRemove={() => bench.change({ [control.name]: null })}
        />
      )}
      {held === undefined && problem && <p class="ig-field__problem">{problem}</p>}
    </div>
  );
}
