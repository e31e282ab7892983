/** What is known of a picture, and what one can do with it. */
import { useSignal } from "@preact/signals";
import type { Act, Piece } from "../../contract/studio";
import type { Bench, Fetched } from "./bench";
import { type Glyph, Icon } from "./icons";
import { costWords } from "./RunRow";
import { bytes, seconds } from "./values";
import "./Facts.css";

/** "seed 7 · 512×512 · 183 kB · waited 0.1 s · ran 2.5 s · free". */
export function facts(piece: Piece): string {
  const parts = [
    piece.seed && `seed ${piece.seed}`,
    piece.width > 0 && `${piece.width}×${piece.height}`,
    piece.size > 0 && bytes(piece.size),
    piece.queue_s !== null && piece.queue_s >= 0.5 && `waited ${seconds(piece.queue_s)}`,
    piece.run_s !== null && `ran ${seconds(piece.run_s)}`,
    costWords(piece.cost),
  ];
  return parts.filter(Boolean).join(" · ");
}

interface VerbProps {
  icon?: Glyph;
  label: string;
  words?: string;
  onClick: () => void;
  pressed?: boolean;
}

function Verb({ icon, label, words, onClick, pressed }: VerbProps) {
  return (
    <button
      type="button"
      class="ig-button ig-verb"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {icon && <Icon name={icon} filled={pressed === true} />}
      {words && <span class="ig-verb__words">{words}</span>}
    </button>
  );
}

/** Saves bytes as a file, by a link that is gone afterwards. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** A picture as PNG, which is what clipboards take. */
async function asPng(blob: Blob): Promise<Blob> {
  if (blob.type === "image/png") return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((png) => (png ? resolve(png) : reject(new Error("not a picture"))), "image/png"),
  );
}

const blobOf = async (fetched: Promise<Fetched>): Promise<Blob> => {
  const { blob, problem } = await fetched;
  if (blob === null) throw new Error(problem || "there is nothing to copy");
  return blob;
};

/** To the clipboard; begun at once, since browsers ask for the click itself. */
async function copyPicture(fetched: Promise<Fetched>): Promise<void> {
  const png = blobOf(fetched).then(asPng);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}

async function copyText(fetched: Promise<Fetched>): Promise<string> {
  const text = fetched.then((file) => file.text);
  if (typeof ClipboardItem === "undefined") {
    await navigator.clipboard.writeText(await text);
    return text;
  }
  const blob = text.then((code) => new Blob([code], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  return text;
}

interface FactsProps {
  bench: Bench;
  piece: Piece;
  onEnlarge: () => void;
  onSaid: (text: string) => void;
}

function Code({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <div class="ig-code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <pre class="ig-code__text" tabIndex={0}>
        {text}
      </pre>
      <button
        type="button"
        class="ig-button ig-tiny ig-code__close"
        aria-label="Close the code"
        onClick={onClose}
      >
        <Icon name="cross" />
      </button>
    </div>
  );
}

export function Facts({ bench, piece, onEnlarge, onSaid }: FactsProps) {
  const code = useSignal({ key: "", text: "" });
  const act = (what: Act) => () => bench.act(what, piece.key);
  const isPicture = piece.type.startsWith("image/") && !piece.error;
  const inputs = bench.controls.value.filter(
    ({ look, kind, item }) => (look === "media" || item?.look === "media") && (item?.kind ?? kind) !== "file",
  );
  const download = async () => {
    const { blob, name, problem } = await bench.fetch("download", piece.key);
    if (blob !== null) save(blob, name);
    onSaid(blob === null ? problem : `Saved as ${name}.`);
  };
  const copy = () =>
    copyPicture(bench.fetch("copy", piece.key)).then(
      () => onSaid("Picture copied."),
      (error: unknown) => onSaid(`The browser does not let it be copied here: ${String(error)}`),
    );
  const showCode = async () => {
    const fetched = bench.fetch("code", piece.key);
    const copied = await copyText(fetched).then(
      () => true,
      () => false,
    );
    const { text } = await fetched;
    code.value = { key: piece.key, text };
    onSaid(copied ? "Code copied." : "Here is the code; the browser does not let it be copied by itself.");
  };
  const use = (name: string, many: boolean) => {
    const held = bench.values.value[name];
    bench.use(name, many && Array.isArray(held) ? held.length : 0, { key: piece.key });
  };
  return (
    <div class="ig-facts">
      <p class="ig-facts__line">
        {facts(piece)}
        {piece.model !== bench.model.value && <span class="ig-facts__model"> · {piece.model}</span>}
      </p>
      {piece.changes.map((change) => (
        <p class="ig-facts__change" key={change}>
          {change}
        </p>
      ))}
      <div class="ig-verbs" role="toolbar" aria-label="This picture">
        <Verb
          icon="star"
          label={piece.starred ? "Take the star off" : "Star"}
          pressed={piece.starred}
          onClick={act("star")}
        />
        {isPicture && <Verb icon="enlarge" label="Enlarge" onClick={onEnlarge} />}
        {piece.type !== "text/plain" && <Verb icon="download" label="Download" onClick={download} />}
        {isPicture && <Verb icon="copy" label="Copy the picture" onClick={copy} />}
        <Verb icon="code" label="Copy as code" words="Code" onClick={showCode} />
        <Verb
          icon="keep"
          label="Keep in the notebook, as a plain output"
          words="Keep"
          onClick={act("keep")}
        />
        <Verb icon="vary" label="Vary: the same with another seed" words="Vary" onClick={act("vary")} />
        <span class="ig-verbs__group">
          <span class="ig-verbs__name">Reuse</span>
          <Verb label="Reuse all of this picture" words="All" onClick={act("reuse")} />
          <Verb label="Reuse the prompt" words="Prompt" onClick={act("prompt")} />
          {piece.seed && <Verb label="Reuse the seed" words="Seed" onClick={act("seed")} />}
        </span>
        {isPicture && inputs.length > 0 && (
          <span class="ig-verbs__group">
            <span class="ig-verbs__name">Use as</span>
            {inputs.map((control) => (
              <Verb
                key={control.name}
                label={`Use as input: ${control.title}`}
                words={control.title}
                onClick={() => use(control.name, control.look === "list")}
              />
            ))}
          </span>
        )}
        <Verb icon="trash" label="Delete" onClick={act("delete")} />
      </div>
      {code.value.key === piece.key && (
        <Code
          text={code.value.text}
          onClose={() => {
            code.value = { key: "", text: "" };
          }}
        />
      )}
    </div>
  );
}
