/**
 * Inputs in every state, and the mask painter, on a bare page.
 * The address chooses: `inputs.html?host=lab-dark&width=320&scene=painter&size=4096x4096&source=bitmap`.
 */
import { type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { MediaInput, type MediaInputProps, type MediaValue } from "../src/components/inputs/MediaInput";
import { RESULT_TYPE } from "../src/components/inputs/picking";
import { MaskPainter } from "../src/components/masking/MaskPainter";
import "./demo.css";

const asked = new URLSearchParams(location.search);
const host = asked.get("host") ?? "lab-light";
const width = asked.get("width") ?? "900";
const scene = asked.get("scene") ?? "";
const [across = 1024, down = 768] = (asked.get("size") ?? "1024x768").split("x").map(Number);

const HILLS = ["#6d6a7c", "#45506a", "#26364a", "#152230"];

/** Hills under a low sun, so that a mask has something to lie on. */
function landscape(w: number, h: number): Promise<Blob> {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser cannot draw");
  const sky = pen.createLinearGradient(0, 0, 0, h);
  sky.addColorStop(0, "#27456b");
  sky.addColorStop(0.6, "#f0b27a");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, w, h);
  pen.fillStyle = "#ffe9b8";
  pen.beginPath();
  pen.arc(0.62 * w, 0.47 * h, 0.06 * h, 0, 7);
  pen.fill();
  for (const [layer, colour] of HILLS.entries()) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(0, h);
    for (let x = 0; x <= w; x += w / 120) {
      const wave = Math.sin((x / w) * (5 + 2 * layer) + layer * 1.7) + 0.4 * Math.sin((x / w) * 23 + layer);
      pen.lineTo(x, h * (0.55 + 0.1 * layer - 0.05 * wave));
    }
    pen.lineTo(w, h);
    pen.fill();
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", 0.9),
  );
}

type State = { value: MediaValue | null; busy: number | null };

function Input({
  state,
  ...rest
}: { state: Signal<State> } & Pick<MediaInputProps, "label" | "kind" | "accept"> & Partial<MediaInputProps>) {
  const log = (window as unknown as { picked: unknown[] }).picked;
  return (
    <MediaInput
      {...rest}
      {...state.value}
      onPick={(source) => {
        log.push(source instanceof Blob ? { size: source.size, type: source.type } : source);
        const name = source instanceof File ? source.name : "picked";
        const size = source instanceof Blob ? source.size : 0;
        state.value = {
          busy: null,
          value: { name, size, width: 0, height: 0, thumb: source instanceof Blob ? source : null },
        };
      }}
      onRemove={() => {
        state.value = { value: null, busy: null };
      }}
    />
  );
}

const PICTURES = "image/png,image/jpeg,image/webp";

function Inputs({ picture }: { picture: Blob }) {
  const value: MediaValue = {
    name: "a-lighthouse-at-dusk-heavy-sea-warm-lamp-light-on-wet-rock-0007.jpg",
    size: picture.size,
    width: across,
    height: down,
    thumb: picture,
  };
  const tooSmall = {
    ...value,
    name: "icon.png",
    error: "32 × 32 pixels are too few: this model takes 256 or more.",
  };
  const state = (part: Partial<State>) => signal<State>({ value: null, busy: null, ...part });
  const act = () => undefined;
  return (
    <>
      <Input
        state={state({})}
        label="Image"
        kind="image"
        accept={PICTURES}
        description="Where to start from; the prompt changes it."
      />
      <Input
        state={state({ value })}
        label="Image to change"
        kind="image"
        accept={PICTURES}
        onEdit={act}
        onUseMask={act}
      />
      <Input state={state({})} label="Mask" kind="mask" accept="image/png" onEdit={act} />
      <Input state={state({ busy: 0.42 })} label="Reference" kind="image" accept={PICTURES} />
      <Input state={state({ value: tooSmall })} label="Icon" kind="image" accept={PICTURES} />
      <Input state={state({ value })} label="Locked" kind="image" accept={PICTURES} disabled />
      <Input state={state({})} label="Weights" kind="file" accept=".safetensors,.pt" />
      <p
        draggable
        onDragStart={({ dataTransfer }) => {
          dataTransfer?.setData(RESULT_TYPE, "job-7/0");
        }}
      >
        Drag me: one of our own pictures
      </p>
    </>
  );
}

const done = signal<{ url: string; coverage: number } | null>(null);
const open = signal(true);
const earlier = signal<Blob | null>(null);

/** "blob" (the default), "bitmap" or "damaged". */
function sourceOf(picture: Blob): Promise<Blob | ImageBitmap> {
  if (asked.get("source") === "bitmap") return createImageBitmap(picture);
  return Promise.resolve(asked.get("source") === "damaged" ? picture.slice(0, 99) : picture);
}

function Painter({ picture }: { picture: Blob | ImageBitmap }) {
  return (
    <>
      {open.value && (
        <MaskPainter
          picture={picture}
          mask={earlier.value}
          onDone={(mask, { coverage }) => {
            if (done.value !== null) URL.revokeObjectURL(done.value.url);
            done.value = { url: URL.createObjectURL(mask), coverage };
            earlier.value = mask;
            open.value = false;
          }}
          onCancel={() => {
            open.value = false;
          }}
        />
      )}
      {!open.value && (
        <button
          type="button"
          class="ig-button"
          onClick={() => {
            open.value = true;
          }}
        >
          Paint
        </button>
      )}
      {done.value !== null && (
        <p>
          <img
            id="mask"
            src={done.value.url}
            alt="The mask"
            width={160}
            data-coverage={done.value.coverage}
          />
        </p>
      )}
    </>
  );
}

async function start() {
  Object.assign(window, { picked: [] });
  document.body.dataset["host"] = host;
  const picture = await landscape(across, down);
  const scenes = {
    inputs: <Inputs picture={picture} />,
    painter: <Painter picture={await sourceOf(picture)} />,
  };
  const shown = Object.entries(scenes).filter(([name]) => scene === "" || name === scene);
  render(
    shown.map(([name, content]) => (
      <div class="demo-scene" key={name} style={width === "full" ? {} : { width: `${Number(width) + 18}px` }}>
        <h2>{name}</h2>
        <div class="ig-root" style={{ display: "grid", gap: "14px" }}>
          {content}
        </div>
      </div>
    )),
    document.body,
  );
}

void start();
