/** Parts of an image reference. `tag` and `digest` are absent when not written (then the tag is `latest`). */
export type ImageName = {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

/** The part of an image reference that must change. */
export type ImagePart = 'name' | 'registry' | 'repository' | 'tag' | 'digest';

/** Splits `registry:5000/team/app:1.4@sha256:…`; the registry stays in front of the repository. Text that is no image name comes back as a repository. */
export function parseImageName(image: string): ImageName {
  const [beforeDigest = '', digest] = splitOnce(image, image.indexOf('@'));
  const colon = beforeDigest.lastIndexOf(':');
  // A colon before the last slash is a registry's port.
  const [repository = '', tag] = splitOnce(beforeDigest, colon > beforeDigest.lastIndexOf('/') ? colon : -1);
  return { repository, tag, digest };
}

/** The registry an image is asked from: what stands before the first slash when it looks like a host, else Docker Hub. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = parseImageName(image).repository.split('/');
  return rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost') ? first : 'docker.io';
}

/** The parts in which two references differ, the outermost first: another registry makes the rest incomparable. Undefined when they are the same. */
export function differingPart(image: string, other: string): ImagePart | undefined {
  if (registryOf(image) !== registryOf(other)) return 'registry';
  const [a, b] = [parseImageName(image), parseImageName(other)];
  if (a.repository !== b.repository) return 'repository';
  if (a.digest !== b.digest) return 'digest';
  return a.tag === b.tag ? undefined : 'tag';
}

function splitOnce(text: string, index: number): readonly [string, string | undefined] {
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
