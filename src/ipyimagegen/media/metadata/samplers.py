"""Sampler names of different tools for the same thing: `Euler a`, `euler_ancestral`, `K_EULER_ANCESTRAL`, and so on.

Of a name the letters and digits count; a noise schedule in it (`DPM++ 2M Karras`) is told apart. Names after those of
k-diffusion, as ComfyUI has them; other spellings from the web UI's modules/sd_samplers_kdiffusion.py and diffusers'
table at huggingface.co/docs/diffusers/api/schedulers/overview.
"""

from __future__ import annotations

import re

_ALIASES = {
    "euler": "euler eulerdiscrete eulerdiscretescheduler keuler",
    "euler_ancestral": "eulera eulerancestral eulerancestraldiscrete eulerancestraldiscretescheduler keulera "
    "keulerancestral",
    "heun": "heun heundiscrete heundiscretescheduler kheun",
    "dpm_2": "dpm2 kdpm2 kdpm2discrete kdpm2discretescheduler",
    "dpm_2_ancestral": "dpm2a dpm2ancestral kdpm2a kdpm2ancestral kdpm2ancestraldiscrete "
    "kdpm2ancestraldiscretescheduler",
    "lms": "lms klms lmsdiscrete lmsdiscretescheduler",
    "ddim": "ddim ddimscheduler",
    "ddpm": "ddpm ddpmscheduler",
    "pndm": "pndm plms pndmscheduler",
    "unipc": "unipc unipcmultistep unipcmultistepscheduler",
    "lcm": "lcm lcmscheduler",
    "dpmpp_2m": "dpmpp2m kdpmpp2m dpmsolvermultistep dpmsolvermultistepscheduler",
    "dpmpp_2m_sde": "dpmpp2msde kdpmpp2msde dpmpp2msdegpu",
    "dpmpp_3m_sde": "dpmpp3msde kdpmpp3msde dpmpp3msdegpu",
    "dpmpp_sde": "dpmppsde kdpmppsde dpmppsdegpu dpmsolversde dpmsolversdescheduler",
    "dpmpp_2s_ancestral": "dpmpp2sa dpmpp2sancestral kdpmpp2sa kdpmpp2sancestral",
    "dpm_fast": "dpmfast kdpmfast",
    "dpm_adaptive": "dpmadaptive kdpmadaptive",
    "deis": "deis deismultistep deismultistepscheduler",
}
_BY_SPELLING = {spelling: name for name, spellings in _ALIASES.items() for spelling in spellings.split()}
_SCHEDULES = {
    "karras": "karras",
    "exponential": "exponential",
    "sgmuniform": "sgm_uniform",
    "simple": "simple",
    "beta": "beta",
    "ddimuniform": "ddim_uniform",
    "normal": "normal",
    "uniform": "uniform",
    "linearquadratic": "linear_quadratic",
    "kloptimal": "kl_optimal",
    "automatic": "automatic",
}


def sampler(name: str) -> tuple[str, str]:
    """The sampler that a name means and the schedule in it, each `""` where it is not known."""
    letters = re.sub(r"[^a-z0-9]", "", name[:100].lower().replace("++", "pp").removeprefix("sample_"))
    for suffix, schedule in _SCHEDULES.items():
        if letters.endswith(suffix) and (known := _BY_SPELLING.get(letters.removesuffix(suffix))):
            return known, schedule
    return _BY_SPELLING.get(letters, ""), ""


def schedule(name: str) -> str:
    """The noise schedule that a name means, `""` where it is not known."""
    return _SCHEDULES.get(re.sub(r"[^a-z0-9]", "", name[:100].lower()), "")
