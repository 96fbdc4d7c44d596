import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DockerfileParser, type Copy, type From } from 'dockerfile-ast';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const DOCKERFILE = path.join(ROOT, 'scripts/tools/image/Dockerfile');

export type Image = {
  text: string;
  /** The last stage's name of its base, with the default of its build argument. */
  base: string;
  folder: string;
  /** What the last stage takes out of the build's context, as it is named there. */
  copied: string[];
  user: string;
  entrypoint: string[];
  /** Debian's packages. */
  packages: string[];
  /** Packages of npm that the image leaves out. */
  left: string[];
};

/** What the Dockerfile says, as a parser of Dockerfiles reads it. */
export async function readImage(): Promise<Image> {
  const text = await readFile(DOCKERFILE, 'utf8');
  const file = DockerfileParser.parse(text);
  const froms = file.getFROMs();
  const start = froms.at(-1)?.getRange().start.line ?? 0;
  const last = file.getInstructions().filter((instruction) => instruction.getRange().start.line >= start);
  const words = (keyword: string) =>
    last
      .filter((instruction) => instruction.getKeyword() === keyword)
      .flatMap((instruction) => instruction.getArguments().map((argument) => argument.getValue()));
  const args = file.getARGs().map((arg) => arg.getProperty());
  const installed = / apt-get install ([^&]+)/.exec(words('RUN').join(' '))?.[1] ?? '';
  const uninstalled = /npm uninstall ((?:.*\\\n)*.*)/.exec(text)?.[1] ?? '';
  return {
    text,
    base: (froms.at(-1) as From)
      .getArguments()
      .map((argument) => argument.getValue())
      .join(' ')
      .replaceAll(/\$\{(\w+)\}/g, (_, name) => args.find((arg) => arg?.getName() === name)?.getValue() ?? ''),
    folder: words('WORKDIR').at(-1) ?? '/',
    copied: last
      .filter((instruction) => instruction.getKeyword() === 'COPY')
      .filter((copy) => (copy as Copy).getFlags().length === 0)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      ),
    user: words('USER').at(-1) ?? 'root',
    entrypoint: JSON.parse(file.getENTRYPOINTs().at(-1)?.getArgumentsContent() ?? '[]') as string[],
    packages: installed.split(/[\s\\]+/).filter((word) => /^[a-z]/.test(word)),
    left: uninstalled.split(/[\s\\]+/).filter((word) => /^[@a-z]/.test(word)),
  };
}

/** A folder with what the image has of the repository, and this checkout's packages. The caller removes it. */
export async function copyOfImage(image: Image): Promise<string> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'image-'));
  for (const name of image.copied) {
    await cp(path.join(ROOT, name), path.join(home, name), { recursive: true });
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(home, 'node_modules'));
  return home;
}
