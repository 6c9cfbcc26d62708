import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { hostsThatDoNotExist, portsThatDoNotExist } from '../app-configuration/address-wrong.ts';
import { certificatesThatAreRefused, expiredCertificates } from '../app-configuration/certificate.ts';
import { complaintsOf, createConfigurationContext } from '../app-configuration/complaints.ts';
import { loginsThatAreRefused } from '../app-configuration/credentials.ts';
import { serversThatAreReadOnly, serversWithoutConnections } from '../app-configuration/database.ts';
import { dependenciesThatAreDown } from '../app-configuration/dependency-down.ts';
import { draftsOf } from '../app-configuration/grounds.ts';
import { settingsWithoutService } from '../app-configuration/host-without-service.ts';
import { migrationsThatAreMissing } from '../app-configuration/migration.ts';

/** Why a process that runs does not work: what it is told of the things it depends on, or what those things make of it. */
export function analyzeAppConfiguration(
  plain: AnalysisContext,
  soFar: readonly FindingDraft[] = [],
): readonly FindingDraft[] {
  const context = createConfigurationContext(plain, soFar);
  const complaints = complaintsOf(context);
  const conclusions = [
    hostsThatDoNotExist,
    portsThatDoNotExist,
    dependenciesThatAreDown,
    loginsThatAreRefused,
    serversWithoutConnections,
    serversThatAreReadOnly,
    migrationsThatAreMissing,
    certificatesThatAreRefused,
  ].flatMap((conclude) => conclude(context, complaints));
  return [
    ...draftsOf(context, [...conclusions, ...settingsWithoutService(context)]),
    ...expiredCertificates(context, conclusions),
  ];
}
