/** Parts of an image reference. `tag` and `digest` are absent when not written (then the tag is `latest`). */
export type ImageName = {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

/** Splits `registry:5000/team/app:1.4@sha256:…`; the registry stays in front of the repository. Text that is no image name comes back as a repository. */
export function parseImageName(image: string): ImageName {
  const [beforeDigest = '', digest] = splitOnce(image, image.indexOf('@'));
  const colon = beforeDigest.lastIndexOf(':');
  // A colon before the last slash is a registry's port.
  const [repository = '', tag] = splitOnce(beforeDigest, colon > beforeDigest.lastIndexOf('/') ? colon : -1);
  return { repository, tag, digest };
}

function splitOnce(text: string, index: number): readonly [string, string | undefined] {
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
