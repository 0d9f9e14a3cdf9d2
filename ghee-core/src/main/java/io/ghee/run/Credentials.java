package io.ghee.run;

import io.ghee.InfrastructureException;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * What a worker needs besides the plan, to be let into storage.
 *
 * @param version counts those of a job; 0: there are none
 * @param byProvider {@linkplain CredentialsProvider.Issued#bytes bytes} by the {@linkplain CredentialsProvider#name name} of
 *     their provider
 */
public record Credentials(long version, Map<String, byte[]> byProvider) {
    /** Nothing that asks. */
    public static final Credentials NONE = new Credentials(0, Map.of());

    /**
     * On a worker: hands them to their providers.
     *
     * @throws InfrastructureException if a provider is not here, or cannot read them
     */
    public void accept() {
        byProvider.forEach((name, bytes) -> ServiceLoader.load(CredentialsProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InfrastructureException(
                        "credentials of \"" + name + "\" (expected: those of a provider on the class path)"))
                .accept(bytes));
    }
}
