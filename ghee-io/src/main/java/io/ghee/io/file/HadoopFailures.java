package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import javax.security.sasl.SaslException;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.hdfs.BlockMissingException;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.apache.hadoop.hdfs.server.namenode.SafeModeException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.StandbyException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.KerberosAuthException;
import org.apache.hadoop.security.token.SecretManager;

/** Tells whose fault it is that a Hadoop file system refused something, and what can be done. */
final class HadoopFailures {
    private HadoopFailures() {}

    static InputException gone(String path, IOException e) {
        return new InputException(path + ": no such file (expected: the file that the driver found)", e);
    }

    static GheeException reading(String path, IOException thrown) {
        IOException e = unwrapped(thrown);
        if (e instanceof FileNotFoundException) {
            return new InputException(path + ": no such file (expected: a file)", e);
        }
        if (e instanceof AccessControlException) {
            return isLogin(e)
                    ? login(path, e)
                    : new InputException(path + ": cannot be read: " + reason(e) + " (expected: read permission)", e);
        }
        if (e instanceof ChecksumException || e instanceof BlockMissingException) {
            return new InputException(
                    path + ": a block cannot be read: " + reason(e)
                            + " (expected: one replica that is there and whole; see `hdfs fsck PATH -files -blocks`)",
                    e);
        }
        return isLogin(e) ? login(path, e) : unavailable(path + ": cannot be read: ", e);
    }

    static GheeException writing(String path, IOException thrown) {
        IOException e = unwrapped(thrown);
        if (isLogin(e)) {
            return login(path, e);
        }
        if (e instanceof AccessControlException) {
            return new ConfigurationException(
                    path + " cannot be written: " + reason(e) + " (expected: write permission)", e);
        }
        if (e instanceof ParentNotDirectoryException || e instanceof FileAlreadyExistsException) {
            return new ConfigurationException(
                    path + " cannot be written: " + reason(e)
                            + " (expected: a directory that is absent or empty, below directories)",
                    e);
        }
        if (e instanceof PathIsNotEmptyDirectoryException) {
            return new ConfigurationException(
                    path + " exists and is not empty (expected: a directory that is absent or empty)", e);
        }
        return unavailable(path + " cannot be written: ", e);
    }

    /** A server failed, or refuses for now. */
    private static InfrastructureException unavailable(String what, IOException e) {
        return new InfrastructureException(what + reason(e) + expectation(e), e);
    }

    private static String expectation(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof SafeModeException || message.contains("safe mode")) {
            return " (expected: a name node that has left its safe mode; see `hdfs dfsadmin -safemode get`)";
        }
        if (e instanceof QuotaExceededException) {
            return " (expected: room within the quota of the directory; see `hdfs dfs -count -q PATH`)";
        }
        if (message.contains("could only be written to") || message.contains("No space left")) {
            return " (expected: live data nodes that have room; see `hdfs dfsadmin -report`)";
        }
        if (e instanceof ConnectException
                || e instanceof NoRouteToHostException
                || e instanceof SocketTimeoutException
                || e instanceof StandbyException) {
            return " (expected: a name node that answers there; was it stopped, or is the address another?)";
        }
        return "";
    }

    /** Whether it is about who the user is. */
    static boolean isLogin(IOException thrown) {
        IOException e = unwrapped(thrown);
        String message = String.valueOf(e.getMessage());
        return e instanceof KerberosAuthException
                || e instanceof SecretManager.InvalidToken
                || e instanceof SaslException
                || e.getCause() instanceof SaslException
                || message.contains("GSS initiate failed")
                || message.contains("SIMPLE authentication is not enabled")
                || message.contains("Client cannot authenticate via");
    }

    private static GheeException login(String path, IOException e) {
        if (HadoopUser.hasTokens()) {
            // What is missing now may be among the tokens that the driver gets next.
            return new InfrastructureException(
                    path + ": not let in: " + reason(e)
                            + " (expected: a delegation token that the driver has got, for a file system of the job's source"
                            + " or sink, and renewed; its log says where it could not)",
                    e);
        }
        return new ConfigurationException(
                path + ": not logged in: " + reason(e)
                        + " (expected: a principal with its keytab, or a ticket that `klist` shows as valid; `kinit` gets one)",
                e);
    }

    private static IOException unwrapped(IOException e) {
        return e instanceof RemoteException remote ? remote.unwrapRemoteException() : e;
    }

    /** The first line: what a server throws has its stack in the message. */
    private static String reason(IOException e) {
        String message = e.getMessage();
        if (message == null) {
            return e.toString();
        }
        String line = message.lines().findFirst().orElse("");
        return line.replaceFirst(";? ?For more details see:.*", "");
    }
}
