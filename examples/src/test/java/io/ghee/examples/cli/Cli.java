package io.ghee.examples.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The command line, run in this JVM. */
public record Cli(int exitCode, String out, String err) {
    public static Cli ghee(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), args);
        return new Cli(exitCode, out.toString(), err.toString());
    }
}
