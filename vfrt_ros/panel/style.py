# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How the panel looks where Streamlit's own elements do not suffice; colours follow the page's light or dark."""

STYLE = """
<style>
:root { --vfrt-known: light-dark(#157a45, #45d08a); --vfrt-unknown: light-dark(#a35a00, #ffb454);
        --vfrt-line: color-mix(in srgb, currentColor 18%, transparent);
        --vfrt-soft: color-mix(in srgb, currentColor 7%, transparent); }
[data-testid="stStatusWidget"] { display: none; }
[data-testid="stHeader"] { background: transparent; pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
[data-testid="stMainBlockContainer"] { padding: 1.25rem 2rem 3rem; max-width: 1500px; }
[data-stale="true"] { opacity: 1 !important; transition: none !important; }
.vfrt-head { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; }
.vfrt-title { font-size: 1.35rem; font-weight: 700; letter-spacing: .01em; }
.vfrt-state { display: inline-flex; align-items: center; gap: .4rem; font-size: .95rem; white-space: nowrap; }
.vfrt-state b { font-weight: inherit; }
.vfrt-state i { width: .65rem; height: .65rem; border-radius: 50%; background: var(--vfrt-unknown); }
.vfrt-state.running i { background: var(--vfrt-known); }
.vfrt-state.absent i { background: transparent; border: 2px solid currentColor; opacity: .5; }
.vfrt-picture { aspect-ratio: 4 / 3; width: 100%; border-radius: .6rem; overflow: hidden; display: grid;
                place-items: center; background: var(--vfrt-soft); }
.vfrt-picture { max-height: 58vh; }
.vfrt-picture img { width: 100%; height: 100%; object-fit: contain; display: block; font-size: .9rem; }
.vfrt-picture { position: relative; cursor: crosshair; touch-action: none; user-select: none; }
.vfrt-box { position: absolute; border: 2px solid var(--vfrt-unknown); border-radius: 2px; pointer-events: none;
            background: color-mix(in srgb, var(--vfrt-unknown) 15%, transparent); }
.vfrt-objects caption { text-align: left; font-size: .85rem; opacity: .7; padding: 0 0 .2rem; }
.vfrt-objects .vfrt-candidates th:first-child { max-width: none; }
.vfrt-objects .known th, .vfrt-objects .known td:first-child { color: var(--vfrt-known); }
.vfrt-objects .unknown th, .vfrt-objects .unknown td:first-child { color: var(--vfrt-unknown); }
.st-key-seen:has(.silent) .vfrt-picture img { opacity: .35; filter: grayscale(1); }
.vfrt-answer { display: grid; gap: .35rem; }
.vfrt-label { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; line-height: 1.2;
              font-size: 1.9rem; font-variant-numeric: tabular-nums; }
.vfrt-label strong { overflow-wrap: anywhere; }
/* The picture has score and candidates drawn on it; who hears the page gets the score here. */
.vfrt-answer .vfrt-bar { display: none; }
.vfrt-label span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.st-key-objections button { max-width: 100%; }
.st-key-objections button p { overflow: hidden; text-overflow: ellipsis; }
.st-key-correct-offered [role=radiogroup], .st-key-correct-offered [data-testid=stButtonGroup] > div {
  flex-wrap: nowrap; overflow-x: auto; scrollbar-width: thin; }
.st-key-correct-offered button { flex: none; }
.st-key-note { height: 4.4rem; overflow-y: auto; flex: none; }
.st-key-note button { height: 100%; } .st-key-note p { font-size: .95rem; line-height: 1.35; }
[data-testid="stLayoutWrapper"]:has(> .st-key-note) { min-width: min(15rem, 100%); }
.st-key-note [data-testid=stAlertContainer] { padding: .45rem .75rem; min-height: 0; }
.vfrt-why { display: grid; gap: .6rem; font-size: .95rem; overflow-wrap: anywhere; }
.vfrt-why h4, .vfrt-why p { margin: 0; padding: 0; } .vfrt-why h4 { font-size: 1.05rem; }
[class*="st-key-default-"] { flex: none; width: 5.5rem; min-width: 5.5rem; }
[class*="st-key-default-"] button:disabled { visibility: hidden; }
.known .vfrt-label { color: var(--vfrt-known); } .unknown .vfrt-label { color: var(--vfrt-unknown); }
.vfrt-reason { margin: 0; font-size: .95rem; opacity: .8; overflow-wrap: anywhere; }
.vfrt-bar { position: relative; height: .6rem; border-radius: .3rem; background: var(--vfrt-line); }
.vfrt-bar b { display: block; height: 100%; border-radius: .3rem; background: currentColor; opacity: .55; }
.vfrt-bar i { position: absolute; top: -.2rem; bottom: -.2rem; width: 2px; background: currentColor; }
.known .vfrt-bar b { background: var(--vfrt-known); opacity: 1; }
.unknown .vfrt-bar b { background: var(--vfrt-unknown); opacity: 1; }
.vfrt-candidates { width: 100%; border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums; }
.vfrt-candidates th, .vfrt-candidates td { padding: .22rem .35rem; text-align: right; border: 0;
                                           white-space: nowrap; }
.vfrt-candidates thead th { font-weight: 400; opacity: .7; font-size: .85rem; }
.vfrt-candidates th:first-child { text-align: left; padding-left: 0; font-weight: 600; max-width: 11rem;
                                  overflow: hidden; text-overflow: ellipsis; }
.vfrt-candidates .vfrt-wide { width: 45%; }
.vfrt-cameras { width: 100%; border-collapse: collapse; font-size: 1.05rem; font-variant-numeric: tabular-nums; }
.vfrt-cameras th, .vfrt-cameras td { padding: .25rem .5rem .25rem 0; border: 0; text-align: left;
                                     overflow-wrap: anywhere; }
.vfrt-cameras td:last-child { text-align: right; } .vfrt-cameras .silent td { opacity: .6; }
.vfrt-cameras .known td { color: var(--vfrt-known); } .vfrt-cameras .unknown td { color: var(--vfrt-unknown); }
.vfrt-pace { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; }
.vfrt-pace figure { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; align-items: end; }
.vfrt-pace figcaption { grid-column: 1 / -1; font-size: .85rem; opacity: .7; }
.vfrt-pace output { font-size: 1.6rem; font-weight: 600; line-height: 1.1; font-variant-numeric: tabular-nums;
                    min-width: 3.2rem; }
.vfrt-plot { height: 2.2rem; border-bottom: 1px solid var(--vfrt-line); }
.vfrt-plot b { display: block; height: 100%; background: currentColor; opacity: .35; }
.vfrt-shown { display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: .6rem; }
.vfrt-shown figure { margin: 0; }
.vfrt-shown img { width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: .35rem; display: block; }
.vfrt-shown .out img { opacity: .45; filter: grayscale(1); }
.vfrt-shown figcaption { font-size: .78rem; line-height: 1.25; margin-top: .2rem; overflow-wrap: anywhere; }
.vfrt-shown .kept figcaption { color: var(--vfrt-known); font-weight: 600; }
@media (min-width: 1000px) {
  [data-testid="stColumn"]:has(.st-key-seen) { position: sticky; top: 1rem; align-self: flex-start; }
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: .75rem .9rem 3rem; }
  .vfrt-label { font-size: 1.5rem; }
  .vfrt-state.running b span, .st-key-pace, [data-testid="stLayoutWrapper"]:has(> .st-key-pace) { display: none; }
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-seen) { gap: .75rem; }
  .st-key-seen, .st-key-seen > * { gap: .6rem; }
}
</style>
"""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2563c9"/>'
    '<path d="M4 16q12-15 24 0q-12 15-24 0z" fill="#fff"/><circle cx="16" cy="16" r="4.5" fill="#2563c9"/></svg>'
)
