package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What befalls the pods of a job. */
enum PodFault {
    /** Somebody deletes it, with no grace. */
    DELETED {
        @Override
        void strike(KubernetesClient admin, Pod victim) {
            admin.resource(victim).withGracePeriod(0).delete();
        }
    },
    /** Its container's first process is killed by -9; by its node, which has to be this machine. */
    KILLED {
        @Override
        void strike(KubernetesClient admin, Pod victim) throws IOException, InterruptedException {
            List<ProcessHandle> inside = ProcessHandle.allProcesses()
                    .filter(each -> isOf(each, victim) && isJava(each))
                    .toList();
            if (inside.isEmpty()) {
                DELETED.strike(admin, victim);
            }
            inside.forEach(ProcessHandle::destroyForcibly);
        }
    },
    /** It takes more memory than it may. */
    OUT_OF_MEMORY {
        @Override
        void strike(KubernetesClient admin, Pod victim) throws InterruptedException {
            try (ExecWatch exec = admin.pods()
                    .resource(victim)
                    .inContainer(PodTemplates.WORKER)
                    .redirectingError()
                    .exec("sh", "-c", "head -c 600M /dev/zero > /fill/memory")) {
                exec.exitCode().get(10, TimeUnit.SECONDS);
            } catch (KubernetesClientException | ExecutionException | TimeoutException e) {
                // The container went, and the connection into it.
                System.out.println("  " + e);
            }
        }
    },
    /** Its node is drained of this job: nothing is placed there, what is there is evicted; then it may be used again. */
    DRAINED {
        @Override
        void strike(KubernetesClient admin, Pod victim) throws InterruptedException {
            String node = victim.getSpec().getNodeName();
            cordon(admin, node, true);
            try {
                admin.pods()
                        .inNamespace(victim.getMetadata().getNamespace())
                        .withLabel(Manifests.STAGE)
                        .list()
                        .getItems()
                        .forEach(pod -> admin.pods().resource(pod).evict());
                TimeUnit.SECONDS.sleep(2);
            } finally {
                cordon(admin, node, false);
            }
        }
    },
    /** The API server stands still for 30 s; it has to be on this machine. */
    SERVER_STOPPED {
        @Override
        void strike(KubernetesClient admin, Pod victim) throws IOException, InterruptedException {
            Optional<ProcessHandle> server = ProcessHandle.allProcesses()
                    .filter(each -> each.info().command().orElse("").endsWith("/kube-apiserver"))
                    .findFirst();
            if (server.isPresent()) {
                // In a session of its own: it goes on again even if this JVM is killed meanwhile.
                long pid = server.get().pid();
                new ProcessBuilder("setsid", "sh", "-c", "kill -STOP " + pid + "; sleep 30; kill -CONT " + pid)
                        .start()
                        .waitFor();
            }
        }
    },
    /** As {@link #KILLED}; its victim is the job's driver, which is a pod then. */
    DRIVER_KILLED {
        @Override
        void strike(KubernetesClient admin, Pod victim) throws IOException, InterruptedException {
            KILLED.strike(admin, victim);
        }
    };

    abstract void strike(KubernetesClient admin, Pod victim) throws IOException, InterruptedException;

    private static void cordon(KubernetesClient admin, String node, boolean yes) {
        admin.nodes()
                .withName(node)
                .edit(now -> new NodeBuilder(now)
                        .editSpec()
                        .withUnschedulable(yes)
                        .endSpec()
                        .build());
    }

    private static boolean isJava(ProcessHandle process) {
        return process.info().command().orElse("").endsWith("/java");
    }

    private static boolean isOf(ProcessHandle process, Pod pod) {
        String uid = pod.getMetadata().getUid();
        try {
            String groups = Files.readString(Path.of("/proc", Long.toString(process.pid()), "cgroup"));
            return groups.contains(uid) || groups.contains(uid.replace('-', '_'));
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            // It has ended as it was read.
            return false;
        }
    }

    /** Whether there is nothing to strike any more. */
    static boolean isGone(KubernetesClientException e) {
        return e.getCode() == 404 || e.getCode() == 409;
    }
}
