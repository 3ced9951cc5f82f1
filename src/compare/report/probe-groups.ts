import type { Difference, ProbeResult } from '../differences/difference.ts';
import { formatCount } from '../../util/format.ts';
import type { Comparison } from './comparison.ts';
import { escapeHtml } from './escape-html.ts';
import { titleOf } from './format-comparison.ts';

/** Requests whose replies differ in the same way. */
export interface ProbeGroup {
  readonly probes: readonly ProbeResult[];
  readonly differences: readonly Difference[];
  /** Whether all of it is meant. */
  readonly isMeant: boolean;
}

/** What differs, each difference once, in the order in which it was first seen. */
export function groupProbes(probes: readonly ProbeResult[]): ProbeGroup[] {
  const differing = probes.filter(({ differences }) => differences.length > 0);
  const groups = Map.groupBy(differing, ({ differences }) => JSON.stringify(differences));
  return Array.from(groups.values(), (same) => {
    const differences = same[0]?.differences ?? [];
    return { probes: same, differences, isMeant: differences.every(({ known }) => known !== undefined) };
  });
}

/** The groups in HTML: those that nobody has meant first, and the others folded. */
export function describeGroups(comparison: Comparison): string {
  const groups = groupProbes(comparison.probes);
  const [meant, others] = [groups.filter(({ isMeant }) => isMeant), groups.filter(({ isMeant }) => !isMeant)];
  const folded =
    meant.length === 0
      ? ''
      : `<details><summary>${countRequests(meant)} whose replies differ on purpose</summary>${meant.map((group) => describeGroup(comparison, group)).join('\n')}</details>`;
  return [...others.map((group) => describeGroup(comparison, group)), folded].join('\n');
}

function countRequests(groups: readonly ProbeGroup[]): string {
  return formatCount(
    groups.reduce((sum, { probes }) => sum + probes.length, 0),
    'request',
  );
}

function describeGroup({ ours, theirs }: Comparison, { probes, differences }: ProbeGroup): string {
  const rows = differences.map(({ known, ...one }) => {
    const reason = known === undefined ? '' : `<br><small>${escapeHtml(known)}</small>`;
    const tone = known === undefined ? 'bad' : 'odd';
    return `<tr><td><span class="${tone}">${escapeHtml(titleOf(one))}</span>${reason}</td><td><code>${escapeHtml(one.ours)}</code></td><td><code>${escapeHtml(one.theirs)}</code></td></tr>`;
  });
  const [first] = probes;
  const others = probes.slice(1);
  const list = others.map(({ group, name }) => `<li>${escapeHtml(`${group}: ${name}`)}</li>`).join('');
  const same =
    others.length === 0
      ? ''
      : `<details><summary>the same with ${formatCount(others.length, 'other request')}</summary><ul>${list}</ul></details>`;
  return `<h3>${escapeHtml(`${first?.group}: ${first?.name}`)}</h3>
<table><tr><th></th><th>${escapeHtml(ours.name)}</th><th>${escapeHtml(theirs.name)}</th></tr>${rows.join('')}</table><pre>${escapeHtml(first?.repeat ?? '')}</pre>${same}`;
}
