# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The page of a report, as a Jinja template; it needs no other file and no network."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vfrt evaluation: {{ about.dataset }}</title>
<style>
  :root { --ink: #1f2933; --soft: #616e7c; --line: #d9dee4; --paper: #fff; --best: #e3f3ec; --accent: #0b6e4f }
  * { box-sizing: border-box }
  body { margin: 0; background: #f3f5f7; color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif }
  main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px }
  h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 18px; margin: 36px 0 10px }
  p { margin: 6px 0 12px; color: var(--soft); max-width: 78ch }
  .card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px;
    overflow-x: auto }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0 }
  dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13.5px }
  th, td { padding: 6px 9px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
  th { font-weight: 600; color: var(--soft); border-bottom-width: 2px }
  th:first-child, td:first-child { text-align: left; padding-left: 4px }
  tr:last-child td { border-bottom: 0 }
  td.best { background: var(--best); font-weight: 600; color: var(--accent) }
  small { color: var(--soft); font-weight: 400 }
  .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); gap: 16px }
  figure { margin: 0 } figcaption { font-weight: 600; margin-bottom: 6px }
  figure svg { width: 100%; height: auto; display: block }
  .wide svg { max-width: 780px; margin: 0 auto }
  details summary { cursor: pointer; font-weight: 600 }
  code { background: #e9edf1; border-radius: 4px; padding: 1px 5px; font-size: 13px }
</style>
</head>
<body><main>
<h1>{{ about.dataset }}</h1>
<p>How well objects that were shown a few times are recognised, and objects that were never shown are called
unknown. Means over {{ about.episodes }} random episodes, ± half of a 95 % confidence interval.</p>
<div class="card"><dl>
{% for name, value in about.items() %}<dt>{{ name | replace("_", " ") }}</dt><dd>{{ value }}</dd>
{% endfor %}</dl></div>

{% for shots, table in tables %}
<h2>{{ shots }} {{ "example" if shots == 1 else "examples" }} of each label</h2>
<div class="card"><table>
<tr><th>method</th>
{% for column in columns %}<th title="{{ column.meaning }}">{{ column.heading }}</th>{% endfor %}</tr>
{% for method, cells in table %}<tr><td>{{ method }}</td>{% for cell in cells %}
  <td{% if cell.best %} class="best"{% endif %}>{{ cell.mean }}{% if cell.half %} <small>± {{ cell.half }}</small>
  {% endif %}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endfor %}
<p>↑ higher is better, ↓ lower is better; the best of each column is marked. A dash: the method gives no
probability or has no threshold, so that it cannot be measured by this.</p>

<h2>Pictures</h2>
<div class="pictures">
{% for title, picture in pictures %}<figure class="card"><figcaption>{{ title }}</figcaption>{{ picture }}</figure>
{% endfor %}</div>
{% for title, picture in matrices %}
<h2>{{ title }}</h2>
<figure class="card wide">{{ picture }}</figure>
{% endfor %}

{% if classes %}
<h2>Each label</h2>
<p>{{ main_method }}, {{ most_shots }} examples of each label; the hardest first. Unknown objects are those of
the episodes in which the label was known.</p>
<div class="card"><table>
<tr><th>label</th>
{% for column in class_columns %}<th title="{{ column.meaning }}">{{ column.heading }}</th>{% endfor %}
<th>episodes</th></tr>
{% for label, cells, count in classes %}<tr><td>{{ label }}</td>{% for cell in cells %}
  <td>{{ cell.mean }}{% if cell.half %} <small>± {{ cell.half }}</small>{% endif %}</td>{% endfor %}
  <td>{{ count }}</td></tr>
{% endfor %}</table></div>
{% endif %}

<h2>What the columns mean</h2>
<div class="card"><dl>{% for column in columns %}<dt>{{ column.title }}</dt><dd>{{ column.meaning }}</dd>
{% endfor %}</dl></div>
</main></body>
</html>
"""
