/**
 * A bare page with the components in every state: no Jupyter, no kernel.
 * The address chooses as the controls do: `index.html?host=lab-dark&width=320&scene=failed`.
 */
import { type Signal, signal } from "@preact/signals";
import { render } from "preact";
import type { Frame } from "../src/components/frame";
import { JobView } from "../src/components/JobView";
import { ratio } from "../src/components/job";
import { SCENES, type Scene } from "./scenes";
import "./demo.css";

const HOSTS = ["lab-light", "lab-dark", "bare-light", "bare-dark", "bare-auto"] as const;
const WIDTHS = ["320", "480", "900", "2000", "full"] as const;

const asked = new URLSearchParams(location.search);
const host = signal<string>(asked.get("host") ?? HOSTS[0]);
const width = signal<string>(asked.get("width") ?? "900");
const only = signal<string>(asked.get("scene") ?? "");

/** A sky over a sea, sharper with every step. */
function paint(seed: number, ratio: number): Promise<HTMLImageElement> {
  const canvas = document.createElement("canvas");
  canvas.width = 384 * ratio;
  canvas.height = 384;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser cannot draw");
  const sky = pen.createLinearGradient(0, 0, 0, 384);
  sky.addColorStop(0, `hsl(${215 + 9 * seed} 45% 32%)`);
  sky.addColorStop(0.58, `hsl(${24 + 5 * seed} 80% 68%)`);
  sky.addColorStop(0.6, `hsl(${205 + 9 * seed} 40% 30%)`);
  sky.addColorStop(1, `hsl(${215 + 9 * seed} 50% 14%)`);
  pen.filter = "blur(3px)";
  pen.fillStyle = sky;
  pen.fillRect(-20, -20, canvas.width + 40, 430);
  pen.fillStyle = "hsl(40 95% 80%)";
  pen.beginPath();
  pen.arc(canvas.width * (0.3 + 0.08 * seed), 205, 26, 0, Math.PI * 2);
  pen.fill();
  const image = new Image();
  image.src = canvas.toDataURL("image/jpeg", 0.8);
  return image.decode().then(() => image);
}

function framesOf({ previews, jobs }: Scene): (job: string) => Signal<Frame | null> {
  const frames = new Map<string, Signal<Frame | null>>();
  const frameOf = (job: string) => {
    const known = frames.get(job) ?? signal<Frame | null>(null);
    frames.set(job, known);
    return known;
  };
  for (const [seed, job] of previews.entries()) {
    paint(seed, ratio(jobs[0])).then((image) => {
      frameOf(job).value = { image, step: 7 };
    });
  }
  return frameOf;
}

function Example({ scene }: { scene: Scene }) {
  const requests = signal(scene.requests);
  return (
    <div class="demo-scene" style={width.value === "full" ? {} : { width: `${Number(width.value) + 18}px` }}>
      <h2>{scene.name}</h2>
      <div class="ig-root">
        <JobView
          jobs={signal(scene.jobs)}
          title={signal(scene.title)}
          prompt={signal(scene.prompt)}
          logs={signal(scene.logs)}
          cancelLimits={signal(scene.cancelLimits)}
          requests={requests}
          frameOf={framesOf(scene)}
          onCancel={(job) => {
            requests.value = { ...requests.value, [job ?? ""]: "heard" };
          }}
        />
      </div>
    </div>
  );
}

const Choice = ({ label, of, value }: { label: string; of: readonly string[]; value: Signal<string> }) => (
  <label>
    {label}{" "}
    <select
      value={value.value}
      onChange={(event) => {
        value.value = event.currentTarget.value;
      }}
    >
      {of.map((one) => (
        <option key={one} value={one}>
          {one || "all"}
        </option>
      ))}
    </select>
  </label>
);

function Page() {
  document.body.dataset["host"] = host.value;
  const shown = SCENES.filter(({ name }) => only.value === "" || name === only.value);
  return (
    <>
      <div class="demo-bar">
        <Choice label="host" of={HOSTS} value={host} />
        <Choice label="width" of={WIDTHS} value={width} />
        <Choice label="scene" of={["", ...SCENES.map(({ name }) => name)]} value={only} />
      </div>
      {shown.map((scene) => (
        <Example key={`${scene.name} ${width.value}`} scene={scene} />
      ))}
    </>
  );
}

render(<Page />, document.body);
