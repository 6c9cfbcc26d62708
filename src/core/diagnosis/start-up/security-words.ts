/** The security setting that a kubelet or runtime names as the reason why a container is not created. */
export type SecurityRefusal =
  | { readonly is: 'runs-as-root' }
  | { readonly is: 'user-not-numeric'; readonly user: string | undefined }
  | { readonly is: 'user-is-root' }
  | { readonly is: 'seccomp-missing'; readonly profile: string | undefined }
  | { readonly is: 'apparmor-missing'; readonly profile: string | undefined };

/**
 * Reads the documented refusals: the kubelet's on runAsNonRoot (CreateContainerConfigError) and the runtime's on security profiles that are not on the node
 * (CreateContainerError).
 */
export function securityRefusalOf(message: string): SecurityRefusal | undefined {
  const text = message.slice(0, 4096);
  if (/container has runAsNonRoot and image will run as root/.test(text)) return { is: 'runs-as-root' };
  const user = /container has runAsNonRoot and image has non-numeric user \(([^)]{0,128})\)/.exec(text);
  if (user !== null) return { is: 'user-not-numeric', user: user[1] };
  if (/container's runAsUser breaks non-root policy/.test(text)) return { is: 'user-is-root' };
  const seccomp =
    /(?:cannot load seccomp profile|unable to load local profile|seccomp profile[^"]{0,40}) \\?"([^"\\]{1,512})/i.exec(
      text,
    );
  if (seccomp !== null || /failed to (?:load|setup) seccomp/i.test(text))
    return { is: 'seccomp-missing', profile: seccomp?.[1] };
  const apparmor =
    /apparmor profile (?:not found )?\\?"?([^\s"\\:]{1,253})|profile "?([^\s":]{1,253})"? is not loaded/i.exec(text);
  if (apparmor !== null || /apparmor failed to apply profile/i.test(text))
    return { is: 'apparmor-missing', profile: apparmor?.[1] ?? apparmor?.[2] };
  return undefined;
}
