package io.ghee;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which way the arrows point. */
@AnalyzeClasses(packagesOf = Pipeline.class, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule coreNeedsTheJdkLoggingJsonAndBitmapsAlone = classes()
            .that()
            .resideInAPackage("io.ghee..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.slf4j..",
                    "org.roaringbitmap..",
                    "com.fasterxml.jackson..",
                    "org.jspecify..",
                    "io.ghee..");

    @ArchTest
    static final ArchRule coreOpensNoSockets = noClasses()
            .that()
            .resideInAPackage("io.ghee..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net..", "java.nio.channels..", "javax.net..", "java.rmi..");

    @ArchTest
    static final ArchRule coreKnowsNoOtherModule = noClasses()
            .that()
            .resideInAPackage("io.ghee..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ghee.transfer..", "io.ghee.io..", "io.ghee.k8s..", "io.ghee.models..");

    @ArchTest
    static final ArchRule whatUsersWriteDoesNotKnowHowItIsRun = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.ghee.columnar", "io.ghee.source", "io.ghee.sink", "io.ghee.function", "io.ghee.distribution")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ghee.run");
}
