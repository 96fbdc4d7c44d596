import { globSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import config from '../../../../vitest.config.ts';
import { stagesOf } from '../../../support/stages.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const files = globSync('test/**/*.test.ts', { cwd: root });

type Project = { name: string; include: string[]; exclude?: string[] };
const projects = (config as { test: { projects: { test: Project }[] } }).test.projects.map(
  ({ test }) => test,
);
const isIn = (file: string, patterns: string[] = []) =>
  patterns.some((pattern) => path.matchesGlob(file, pattern));

it('every file of tests is in one of the two commands, and only there', () => {
  const ofFile = files.map((file) => [
    file,
    projects.filter(({ include, exclude }) => isIn(file, include) && !isIn(file, exclude)).length,
  ]);
  expect(ofFile.filter(([, count]) => count !== 1)).toEqual([]);
});

it('every pattern in vitest.config.ts finds files', () => {
  const patterns = projects.flatMap(({ include, exclude = [] }) => [...include, ...exclude]);
  expect(patterns.filter((pattern) => !files.some((file) => path.matchesGlob(file, pattern)))).toEqual([]);
});

it('every project is a stage of npm test or of npm run test:deep', () => {
  const staged = [true, false].flatMap((deep) => stagesOf({ deep }).flatMap(({ project }) => project ?? []));
  expect(staged.sort()).toEqual(projects.map(({ name }) => name).sort());
});
