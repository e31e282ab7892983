/** What to know, and what to do, once the kernel has gone that a view belongs to. */
import type { ComponentChildren } from "preact";
import type { Job } from "../contract/job_view";
import "./Gone.css";

export function Gone({ children }: { children: ComponentChildren }) {
  return (
    <p class="ig-gone" role="status">
      The kernel has gone, or was restarted. {children}
    </p>
  );
}

/** The embedded engine's work went with the kernel; what runs at a service can be collected. */
export function WhatIsLeft({ jobs, model }: { jobs: readonly Job[]; model: string }) {
  const open = jobs.filter(({ phase }) => phase === "lost").map(({ id }) => `ig.attach("${id}")`);
  if (open.length === 0) return null;
  return (
    <Gone>
      {model.startsWith("local/")
        ? "Run this cell again."
        : `${open.join(" and ")} collects what was under way.`}
    </Gone>
  );
}
