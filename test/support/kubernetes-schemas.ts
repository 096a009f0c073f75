import { ObjectSerializer } from '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js'
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role'
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Service } from 'kubernetes-models/v1/Service'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { expect } from 'vitest'
import type { Manifest } from '../../src/runtime/manifests/kubernetes/manifest.ts'

type Model = new (data: never) => { validate(): void }

/** The class of the OpenAPI schema, and the type that knows which fields there are. */
const MODELS: Readonly<Record<string, readonly [schema: Model, fields?: string]>> = {
  'apps/v1 Deployment': [Deployment, 'V1Deployment'],
  'autoscaling/v2 HorizontalPodAutoscaler': [HorizontalPodAutoscaler, 'V2HorizontalPodAutoscaler'],
  'networking.k8s.io/v1 NetworkPolicy': [NetworkPolicy, 'V1NetworkPolicy'],
  'policy/v1 PodDisruptionBudget': [PodDisruptionBudget, 'V1PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1 Role': [Role, 'V1Role'],
  'rbac.authorization.k8s.io/v1 RoleBinding': [RoleBinding, 'V1RoleBinding'],
  'v1 ConfigMap': [ConfigMap, 'V1ConfigMap'],
  'v1 Service': [Service, 'V1Service'],
  'v1 ServiceAccount': [ServiceAccount, 'V1ServiceAccount'],
  'keda.sh/v1alpha1 ScaledObject': [ScaledObject],
  'keda.sh/v1alpha1 TriggerAuthentication': [TriggerAuthentication],
}

/**
 * Fails unless the schema of Kubernetes takes a manifest. A server drops fields that it does not know without a word, so
 * that a slip of the pen would go unseen: there may be none.
 */
export function expectValid(manifest: Manifest): void {
  const name = `${manifest.apiVersion} ${manifest.kind}`
  const [Schema, fields] = MODELS[name] ?? []
  if (Schema === undefined) throw new Error(`no schema for ${name}`)
  new Schema(structuredClone(manifest) as never).validate()
  if (fields === undefined) return
  const known: unknown = ObjectSerializer.serialize(
    ObjectSerializer.deserialize(manifest, fields, ''),
    fields,
    '',
  )
  expect(JSON.parse(JSON.stringify(known))).toEqual(manifest)
}
