package io.ghee.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the modules, seen from the one that has them all on its class path. */
@AnalyzeClasses(packages = "io.ghee", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] TRANSFER = {"io.ghee.transfer..", "io.ghee.agent..", "io.ghee.process.."};

    @ArchTest
    static final ArchRule coreKnowsNoOtherModule = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.ghee",
                    "io.ghee.function..",
                    "io.ghee.source..",
                    "io.ghee.sink..",
                    "io.ghee.distribution..",
                    "io.ghee.train..",
                    "io.ghee.channel..",
                    "io.ghee.columnar..",
                    "io.ghee.plan..",
                    "io.ghee.run..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.ghee.transfer..",
                    "io.ghee.agent..",
                    "io.ghee.process..",
                    "io.ghee.io..",
                    "io.ghee.models..",
                    "io.ghee.examples..",
                    "org.zeromq..",
                    "zmq..",
                    "ai.djl..");

    @ArchTest
    static final ArchRule storageKnowsCoreAlone = noClasses()
            .that()
            .resideInAPackage("io.ghee.io..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ghee.transfer..", "io.ghee.agent..", "io.ghee.process..", "io.ghee.models..");

    @ArchTest
    static final ArchRule modelsKnowCoreAlone = noClasses()
            .that()
            .resideInAPackage("io.ghee.models..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ghee.transfer..", "io.ghee.agent..", "io.ghee.process..", "io.ghee.io..");

    @ArchTest
    static final ArchRule theClusterKnowsCoreAndAgentAlone = noClasses()
            .that()
            .resideInAPackage("io.ghee.k8s..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.ghee.transfer..",
                    "io.ghee.process..",
                    "io.ghee.io..",
                    "io.ghee.models..",
                    "io.ghee.examples..");

    @ArchTest
    static final ArchRule theClusterIsKnownToExamplesAlone = noClasses()
            .that()
            .resideOutsideOfPackages("io.ghee.k8s..", "io.ghee.examples..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ghee.k8s..", "io.fabric8..", "com.google.cloud.tools.jib..");

    @ArchTest
    static final ArchRule theFaultKitKnowsCoreAndTransferAlone = noClasses()
            .that()
            .resideInAPackage("io.ghee.testing..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.ghee.io..", "io.ghee.models..", "io.ghee.examples..", "org.junit..", "org.assertj..");

    @ArchTest
    static final ArchRule nobodyNeedsTheFaultKit = noClasses()
            .that()
            .resideOutsideOfPackage("io.ghee.testing..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ghee.testing..");

    @ArchTest
    static final ArchRule zeroMqStaysInTransfer = noClasses()
            .that()
            .resideOutsideOfPackages(TRANSFER)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.zeromq..", "zmq..");

    @ArchTest
    static final ArchRule agentsKnowNoLauncher = noClasses()
            .that()
            .resideInAPackage("io.ghee.agent..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ghee.process..");

    @ArchTest
    static final ArchRule channelsKnowNoAgent = noClasses()
            .that()
            .resideInAPackage("io.ghee.transfer..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ghee.agent..", "io.ghee.process..");

    @ArchTest
    static final ArchRule transferHasNoCycles =
            slices().matching("io.ghee.(transfer|agent|process)..").should().beFreeOfCycles();
}
