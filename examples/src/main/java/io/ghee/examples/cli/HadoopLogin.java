package io.ghee.examples.cli;

import io.ghee.io.file.HadoopAccess;
import picocli.CommandLine.Option;

/** As whom a job comes to Hadoop: both options, or neither. */
final class HadoopLogin {
    @Option(
            names = "--principal",
            paramLabel = "NAME@REALM",
            required = true,
            description = "Whom to log in to Hadoop by Kerberos; without it, the owner of the ticket that kinit got.")
    private String principal = "";

    @Option(
            names = "--keytab",
            paramLabel = "FILE",
            required = true,
            description = "The principal's keytab. It stays with the driver; workers get delegation tokens."
                    + " With --deploy-mode cluster it is a file of the driver's pod.")
    private String keytab = "";

    void login() {
        HadoopAccess.login(principal, keytab);
    }
}
