/**
 * A bare page with the components in every state: no Jupyter, no kernel.
 * The address chooses as the controls do: `index.html?host=lab-dark&width=320&scene=failed`.
 */
import { type Signal, signal } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import type { Frame } from "../src/components/frame";
import { JobView } from "../src/components/JobView";
import { ratio } from "../src/components/job";
import { PICTURE_SCENES } from "./gallery_scenes";
import { SCENES, type Scene } from "./scenes";
import { STUDIO_SCENES, StudioExample } from "./studio_scenes";
import "./demo.css";

const HOSTS = ["lab-light", "lab-dark", "bare-light", "bare-dark", "bare-auto"] as const;
const WIDTHS = ["320", "480", "700", "900", "1200", "2000", "full"] as const;

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

/** One scene at the chosen width, under its name. */
const Framed = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div class="demo-scene" style={width.value === "full" ? {} : { width: `${Number(width.value) + 18}px` }}>
    <h2>{name}</h2>
    {children}
  </div>
);

function Example({ scene }: { scene: Scene }) {
  const requests = signal(scene.requests);
  return (
    <Framed name={scene.name}>
      <div class="ig-root">
        <JobView
          gone={signal(false)}
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
    </Framed>
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
  const isShown = ({ name }: { name: string }) => only.value === "" || name === only.value;
  const names = [...SCENES, ...STUDIO_SCENES, ...PICTURE_SCENES].map(({ name }) => name);
  return (
    <>
      <div class="demo-bar">
        <Choice label="host" of={HOSTS} value={host} />
        <Choice label="width" of={WIDTHS} value={width} />
        <Choice label="scene" of={["", ...names]} value={only} />
      </div>
      {SCENES.filter(isShown).map((scene) => (
        <Example key={`${scene.name} ${width.value}`} scene={scene} />
      ))}
      {STUDIO_SCENES.filter(isShown).map((scene) => (
        <Framed key={`${scene.name} ${width.value}`} name={scene.name}>
          <StudioExample scene={scene} />
        </Framed>
      ))}
      {PICTURE_SCENES.filter(isShown).map(({ name, show }) => (
        <Framed key={`${name} ${width.value}`} name={name}>
          <div class="ig-root">{show()}</div>
        </Framed>
      ))}
    </>
  );
}

render(<Page />, document.body);
