import { messageOf, UserError } from '../../contract/errors.ts';

/**
 * `node scripts/tools/ci/image-summary.ts STACK IMAGE DIGEST`: what to do with an image that was pushed, in Markdown. An image is
 * brought in as any other change: by its digest in the stack's settings, with a preview that shows it.
 */
try {
  const [stack, image, digest] = process.argv.slice(2);
  if (stack === undefined || image === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest ?? '')) {
    throw new UserError(`Expected STACK IMAGE sha256:…; got ${process.argv.slice(2).join(' ')}`);
  }
  console.log(
    [
      `### The image of \`${stack}\``,
      `\`${image}@${digest}\` is pushed. To run it:`,
      `\`\`\`sh\npulumi config set --stack ${stack} storage:image ${image}@${digest}\n\`\`\``,
      `and open a pull request with the changed \`Pulumi.${stack}.yaml\`.`,
    ].join('\n\n'),
  );
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
