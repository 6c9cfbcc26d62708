import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import { type ImagePart, parseImageName, registryOf } from '../image-name.ts';
import type { PullFailure } from '../pull-failure.ts';

type Words = {
  readonly code: FindingCode;
  readonly basis: Grounds['basis'];
  readonly says: (image: string, part: ImagePart | undefined) => string;
  readonly expects: (image: string) => string;
};

/** What each kind of failed pull is called, how sure it makes, and what would be right instead. A full disk is no fault of the image: it is left to those who look at nodes. */
export const pullWords: Readonly<Record<Exclude<PullFailure, 'no-space'>, Words>> = {
  'invalid-name': {
    code: 'image-pull-failed',
    basis: 'stated',
    says: (image) => `${image} is not a valid image name`,
    expects: () => 'a valid image name (registry/repository:tag)',
  },
  'never-pull': {
    code: 'image-pull-failed',
    basis: 'stated',
    says: (image) => `image ${image} is not on the node, and imagePullPolicy is Never`,
    expects: () => 'IfNotPresent, or an image that is loaded on the nodes',
  },
  'no-tag': {
    code: 'image-pull-failed',
    basis: 'stated',
    says: (image, part) =>
      part === 'repository'
        ? `image ${image} does not exist in its registry (no such repository, or no such tag in it)`
        : part === 'digest'
          ? `image ${image} does not exist in its registry (no such digest)`
          : `image ${image} does not exist in its registry (no such tag)`,
    expects: (image) => `a tag or digest that exists in ${parseImageName(image).repository}`,
  },
  'no-repository': {
    code: 'image-pull-failed',
    basis: 'stated',
    says: (image) => `image ${image} does not exist: the registry has no such repository`,
    expects: (image) => `a repository that exists, not ${parseImageName(image).repository}`,
  },
  unknown: {
    code: 'image-pull-failed',
    basis: 'likely',
    says: (image) => `image ${image} cannot be pulled`,
    expects: () => 'an image that exists and may be pulled',
  },
  'no-access': {
    code: 'image-access-denied',
    basis: 'likely',
    says: (image) => `the registry does not give out image ${image}: it needs credentials that may pull it`,
    expects: () => 'an image that exists and credentials (imagePullSecrets) that may pull it',
  },
  'wrong-platform': {
    code: 'image-platform-mismatch',
    basis: 'stated',
    says: (image) => `image ${image} has no variant for the node's platform`,
    expects: () => 'an image built for the platform of the nodes',
  },
  'rate-limited': {
    code: 'image-rate-limited',
    basis: 'stated',
    says: (image) => `the registry ${registryOf(image)} refuses image ${image} for now: too many pulls`,
    expects: () => 'a registry that answers: credentials with a higher limit, or a mirror',
  },
  'registry-unreachable': {
    code: 'image-registry-unreachable',
    basis: 'stated',
    says: (image) => `the registry ${registryOf(image)} of image ${image} cannot be reached from the node`,
    expects: () => 'a registry that the nodes can reach',
  },
};

/** The part of the reference that is wrong, as far as the failure and the image that worked tell. Undefined where the image may be right. */
export function wrongPart(failure: PullFailure, image: string, differs: ImagePart | undefined): ImagePart | undefined {
  switch (failure) {
    case 'invalid-name':
      return 'name';
    case 'no-repository':
      return 'repository';
    case 'registry-unreachable':
      return 'registry';
    case 'no-tag':
      // Registries say "not found" of a repository too; what differs from the image that worked tells the two apart.
      if (differs === 'repository') return 'repository';
      return parseImageName(image).digest === undefined ? 'tag' : 'digest';
    case 'unknown':
      return differs;
    case 'never-pull':
    case 'no-access':
    case 'wrong-platform':
    case 'rate-limited':
    case 'no-space':
      return undefined;
    default:
      return failure satisfies never;
  }
}
